// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/pickle_machine.h"

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <string>

#include "core/checkpoint/little_endian.h"
#include "core/checkpoint/pickle_globals.h"
#include "core/text/unicode.h"

namespace gridscope {

namespace {

constexpr std::size_t kLargestPickle = std::size_t{64} << 20;
// Every opcode makes at most one value and pushes at most one, so this bounds the arena and the
// stack as well.
constexpr std::size_t kMostOpcodes = 1'000'000;
constexpr std::size_t kMostMemoSlots = 1'000'000;
constexpr std::size_t kLongestText = std::size_t{1} << 20;
constexpr std::size_t kLongestInteger = 16;
constexpr std::size_t kLongestGlobal = 1024;

constexpr PickleRef kMark = 0xFFFFFFFFu;
constexpr PickleRef kEmptySlot = 0xFFFFFFFFu;

// Opcodes by their names in Python's Lib/pickle.py.
enum Opcode : std::uint8_t {
    Mark = 0x28,
    EmptyTuple = 0x29,
    Stop = 0x2E,
    Pop = 0x30,
    BinFloat = 0x47,
    BinInt = 0x4A,
    BinInt1 = 0x4B,
    BinInt2 = 0x4D,
    None = 0x4E,
    BinPersId = 0x51,
    Reduce = 0x52,
    BinUnicode = 0x58,
    EmptyList = 0x5D,
    Append = 0x61,
    Build = 0x62,
    Global = 0x63,
    Appends = 0x65,
    BinGet = 0x68,
    LongBinGet = 0x6A,
    BinPut = 0x71,
    LongBinPut = 0x72,
    SetItem = 0x73,
    Tuple = 0x74,
    SetItems = 0x75,
    EmptyDict = 0x7D,
    Proto = 0x80,
    Tuple1 = 0x85,
    Tuple2 = 0x86,
    Tuple3 = 0x87,
    NewTrue = 0x88,
    NewFalse = 0x89,
    Long1 = 0x8A
};

class PickleMachine {
public:
    PickleMachine(std::span<const std::byte> bytes, std::string_view where)
        : m_bytes(bytes), m_where(where), m_values(bytes) {}

    Expected<Unpickled> run();

private:
    using Done = Expected<void>;

    Error fault(ErrorCode code, std::string what) const;
    Error malformed(std::string what) const {
        return fault(ErrorCode::PickleMalformed, std::move(what));
    }

    template <class Integer>
    Expected<Integer> argument();
    Expected<std::span<const std::byte>> take(std::size_t length);
    /// Everything above the last MARK, which is taken off with it.
    Expected<std::vector<PickleRef>> popToMark();
    Expected<PickleRef> pop();
    Expected<PickleRef> top() const;
    void push(PickleRef value) { m_stack.push_back(value); }
    Done pushed(PickleRef value) {
        push(value);
        return {};
    }

    Done step(std::uint8_t opcode);
    Done stepContainer(std::uint8_t opcode);
    Done stepLiteral(std::uint8_t opcode);
    Done stepText();
    Done stepLong();
    Done stepGlobal();
    Done stepTuple(std::size_t count);
    Done put(std::size_t slot);
    Done get(std::size_t slot);
    Done add(PickleKind kind, std::span<const PickleRef> items);
    Done addOne(PickleKind kind);
    Done build();
    Done reduce();
    Done persistent();
    Expected<Unpickled> finish();

    std::span<const std::byte> m_bytes;
    std::string m_where;
    PickleArena m_values;
    PickledStorages m_storages;
    std::vector<PickleRef> m_stack;
    std::vector<PickleRef> m_memo;
    std::size_t m_at = 0;
    std::size_t m_opcodeAt = 0;
};

Error PickleMachine::fault(ErrorCode code, std::string what) const {
    return {code, m_where + ", byte " + std::to_string(m_opcodeAt), std::move(what), {}};
}

Expected<std::span<const std::byte>> PickleMachine::take(std::size_t length) {
    if (length > m_bytes.size() - m_at)
        return malformed("the opcode needs " + std::to_string(length) + " more bytes, " +
                         std::to_string(m_bytes.size() - m_at) + " are left");
    const auto taken = m_bytes.subspan(m_at, length);
    m_at += length;
    return taken;
}

template <class Integer>
Expected<Integer> PickleMachine::argument() {
    GRIDSCOPE_TRY_ASSIGN(bytes, take(sizeof(Integer)));
    return littleEndianAt<Integer>(bytes, 0);
}

Expected<PickleRef> PickleMachine::top() const {
    if (m_stack.empty() || m_stack.back() == kMark)
        return malformed("a value is needed, the stack has none above the last MARK");
    return m_stack.back();
}

Expected<PickleRef> PickleMachine::pop() {
    GRIDSCOPE_TRY_ASSIGN(value, top());
    m_stack.pop_back();
    return value;
}

Expected<std::vector<PickleRef>> PickleMachine::popToMark() {
    const auto mark = std::find(m_stack.rbegin(), m_stack.rend(), kMark);
    if (mark == m_stack.rend()) return malformed("a MARK is needed, the stack has none");
    std::vector<PickleRef> items(mark.base(), m_stack.end());
    m_stack.erase(std::prev(mark.base()), m_stack.end());
    return items;
}

PickleMachine::Done PickleMachine::stepText() {
    GRIDSCOPE_TRY_ASSIGN(length, argument<std::uint32_t>());
    if (length > kLongestText)
        return malformed("a text of " + std::to_string(length) + " bytes, at most 1 MiB is read");
    const std::size_t start = m_at;
    GRIDSCOPE_TRY_ASSIGN(bytes, take(length));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (validUtf8Prefix(text) != text.size()) return malformed("a text is not UTF-8");
    return pushed(m_values.addText(start, length));
}

/// LONG1: two's complement of any length; only what fits 64 bits is taken.
PickleMachine::Done PickleMachine::stepLong() {
    GRIDSCOPE_TRY_ASSIGN(length, argument<std::uint8_t>());
    if (length > kLongestInteger)
        return malformed("an integer of " + std::to_string(length) + " bytes");
    GRIDSCOPE_TRY_ASSIGN(bytes, take(length));
    const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{0};
    std::array<std::byte, kLongestInteger> extended;
    extended.fill(negative ? std::byte{0xFF} : std::byte{0});
    std::copy(bytes.begin(), bytes.end(), extended.begin());
    const auto low = littleEndianAt<std::int64_t>(extended, 0);
    const auto high = littleEndianAt<std::int64_t>(extended, 8);
    if (high != (low < 0 ? -1 : 0)) return malformed("an integer does not fit 64 bits");
    return pushed(m_values.addInteger(low));
}

/// GLOBAL: module and name, each ended by a line feed.
PickleMachine::Done PickleMachine::stepGlobal() {
    const std::string_view rest(reinterpret_cast<const char*>(m_bytes.data()) + m_at,
                                std::min(m_bytes.size() - m_at, kLongestGlobal));
    const std::size_t first = rest.find('\n');
    const std::size_t second = first == std::string_view::npos ? first : rest.find('\n', first + 1);
    if (second == std::string_view::npos) return malformed("a name is cut or too long");
    const std::string_view module = rest.substr(0, first);
    const std::string_view name = rest.substr(first + 1, second - first - 1);
    const auto known = findPickleGlobal(module, name);
    if (!known)
        return Error{ErrorCode::PickleGlobal, m_where + ", byte " + std::to_string(m_opcodeAt),
                     "refers to " +
                         escapeForDisplay(std::string(module) + "." + std::string(name)) +
                         ", which no state dict of plain tensors needs; nothing was run",
                     "Save only model.state_dict(), or convert to safetensors"};
    m_at += second + 1;
    return pushed(m_values.addGlobal(known->global, known->storageType));
}

PickleMachine::Done PickleMachine::stepTuple(std::size_t count) {
    std::array<PickleRef, 3> items{};
    for (std::size_t i = count; i-- > 0;) {
        GRIDSCOPE_TRY_ASSIGN(value, pop());
        items[i] = value;
    }
    return pushed(m_values.addTuple(std::span(items).first(count)));
}

PickleMachine::Done PickleMachine::put(std::size_t slot) {
    GRIDSCOPE_TRY_ASSIGN(value, top());
    if (slot >= kMostMemoSlots)
        return malformed("memo slot " + std::to_string(slot) + ", below " +
                         std::to_string(kMostMemoSlots) + " are allowed");
    if (slot >= m_memo.size()) m_memo.resize(slot + 1, kEmptySlot);
    m_memo[slot] = value;
    return {};
}

PickleMachine::Done PickleMachine::get(std::size_t slot) {
    if (slot >= m_memo.size() || m_memo[slot] == kEmptySlot)
        return malformed("memo slot " + std::to_string(slot) + " was never filled");
    return pushed(m_memo[slot]);
}

/// Puts `items` into the container of `kind` that is now on top.
PickleMachine::Done PickleMachine::add(PickleKind kind, std::span<const PickleRef> items) {
    GRIDSCOPE_TRY_ASSIGN(container, top());
    if (m_values.kind(container) != kind)
        return malformed(kind == PickleKind::Dict
                             ? "items are set on a value that is no dict"
                             : "items are appended to a value that is no list");
    if (kind == PickleKind::Dict && items.size() % 2 != 0)
        return malformed("a key without a value");
    for (const PickleRef item : items) m_values.append(container, item);
    return {};
}

PickleMachine::Done PickleMachine::addOne(PickleKind kind) {
    const std::size_t count = kind == PickleKind::Dict ? 2 : 1;
    std::array<PickleRef, 2> items{};
    for (std::size_t i = count; i-- > 0;) {
        GRIDSCOPE_TRY_ASSIGN(value, pop());
        items[i] = value;
    }
    return add(kind, std::span(items).first(count));
}

/// The state of an OrderedDict (`_metadata`) says nothing about tensors and is dropped.
PickleMachine::Done PickleMachine::build() {
    GRIDSCOPE_TRY(pop());
    GRIDSCOPE_TRY_ASSIGN(target, top());
    if (m_values.kind(target) != PickleKind::Dict || !m_values.madeByOrderedDict(target))
        return malformed("BUILD on a value that is no OrderedDict");
    return {};
}

PickleMachine::Done PickleMachine::reduce() {
    GRIDSCOPE_TRY_ASSIGN(arguments, pop());
    GRIDSCOPE_TRY_ASSIGN(callee, pop());
    auto made = reducePickled(m_values, callee, arguments);
    if (!made) return malformed(made.error().what);
    return pushed(*made);
}

PickleMachine::Done PickleMachine::persistent() {
    GRIDSCOPE_TRY_ASSIGN(id, pop());
    auto storage = m_storages.load(m_values, id);
    if (!storage) return fault(storage.error().code, storage.error().what);
    return pushed(*storage);
}

/// Opcodes that make one value of their own bytes.
PickleMachine::Done PickleMachine::stepLiteral(std::uint8_t opcode) {
    const auto number = [&](auto value) -> Done {
        if (!value) return value.error();
        return pushed(m_values.addInteger(*value));
    };
    switch (opcode) {
    case None:
        return pushed(m_values.addNone());
    case NewTrue:
        return pushed(m_values.addBoolean(1));
    case NewFalse:
        return pushed(m_values.addBoolean(0));
    case BinInt:
        return number(argument<std::int32_t>());
    case BinInt1:
        return number(argument<std::uint8_t>());
    case BinInt2:
        return number(argument<std::uint16_t>());
    case Long1:
        return stepLong();
    case BinFloat:
        GRIDSCOPE_TRY(take(8));
        return pushed(m_values.addReal());
    case BinUnicode:
        return stepText();
    case Global:
        return stepGlobal();
    default:
        return fault(ErrorCode::PickleUnsupported,
                     "opcode " + std::to_string(opcode) + " is not one of a state dict");
    }
}

/// Opcodes that build containers.
PickleMachine::Done PickleMachine::stepContainer(std::uint8_t opcode) {
    switch (opcode) {
    case EmptyTuple:
        return stepTuple(0);
    case Tuple1:
        return stepTuple(1);
    case Tuple2:
        return stepTuple(2);
    case Tuple3:
        return stepTuple(3);
    case EmptyList:
        return pushed(m_values.addList());
    case EmptyDict:
        return pushed(m_values.addDict());
    case Append:
        return addOne(PickleKind::List);
    case SetItem:
        return addOne(PickleKind::Dict);
    case Tuple:
    case Appends:
    case SetItems: {
        GRIDSCOPE_TRY_ASSIGN(items, popToMark());
        if (opcode == Tuple) return pushed(m_values.addTuple(items));
        return add(opcode == Appends ? PickleKind::List : PickleKind::Dict, items);
    }
    default:
        return stepLiteral(opcode);
    }
}

PickleMachine::Done PickleMachine::step(std::uint8_t opcode) {
    const auto slot = [&](auto number, auto action) -> Done {
        if (!number) return number.error();
        return (this->*action)(*number);
    };
    switch (opcode) {
    case Mark:
        return pushed(kMark);
    case Pop:
        if (m_stack.empty()) return malformed("POP on an empty stack");
        m_stack.pop_back();
        return {};
    case BinPut:
        return slot(argument<std::uint8_t>(), &PickleMachine::put);
    case LongBinPut:
        return slot(argument<std::uint32_t>(), &PickleMachine::put);
    case BinGet:
        return slot(argument<std::uint8_t>(), &PickleMachine::get);
    case LongBinGet:
        return slot(argument<std::uint32_t>(), &PickleMachine::get);
    case Reduce:
        return reduce();
    case Build:
        return build();
    case BinPersId:
        return persistent();
    default:
        return stepContainer(opcode);
    }
}

Expected<Unpickled> PickleMachine::finish() {
    GRIDSCOPE_TRY_ASSIGN(root, pop());
    if (!m_stack.empty())
        return malformed(std::to_string(m_stack.size()) + " values are left on the stack");
    if (m_at != m_bytes.size())
        return malformed(std::to_string(m_bytes.size() - m_at) + " bytes follow the end");
    return Unpickled{std::move(m_values), root};
}

Expected<Unpickled> PickleMachine::run() {
    if (m_bytes.size() > kLargestPickle)
        return fault(
            ErrorCode::PickleUnsupported,
            "the pickle has " + std::to_string(m_bytes.size()) + " bytes, at most 64 MiB are read");
    if (m_bytes.size() < 2 || m_bytes[0] != std::byte{Proto} || m_bytes[1] != std::byte{2})
        return fault(ErrorCode::PickleUnsupported, "is not a pickle of protocol 2");
    m_at = 2;
    for (std::size_t count = 0; count < kMostOpcodes; ++count) {
        m_opcodeAt = m_at;
        GRIDSCOPE_TRY_ASSIGN(opcode, argument<std::uint8_t>());
        if (opcode == Stop) return finish();
        GRIDSCOPE_TRY(step(opcode));
    }
    return malformed("more than " + std::to_string(kMostOpcodes) + " opcodes");
}

}  // namespace

Expected<Unpickled> unpickle(std::span<const std::byte> bytes, std::string_view where) {
    try {
        return PickleMachine(bytes, where).run();
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, std::string(where), "no memory for the pickle",
                     "Close other programs"};
    }
}

}  // namespace gridscope
