// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/megatron_header.h"

#include <array>
#include <optional>

namespace gridscope {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "MMIDIDX\0\0"sv;
constexpr std::string_view kOlderMagic = "TNTIDX\0\0"sv;
constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kSequenceBytes = 12;  // of a length and an offset
constexpr std::uint64_t kMarkBytes = 8;

std::uint64_t u64At(std::string_view text, std::size_t position) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
        value |= std::uint64_t{static_cast<unsigned char>(text[position + i])} << (8 * i);
    return value;
}

/// By the type codes of Megatron; null for types that are no ids.
std::optional<TokenDtype> dtypeOfCode(unsigned code) {
    switch (code) {
    case 1:
        return TokenDtype::U8;
    case 4:
        return TokenDtype::I32;
    case 5:
        return TokenDtype::I64;
    case 8:
        return TokenDtype::U16;
    default:
        return std::nullopt;
    }
}

std::string nameOfCode(unsigned code) {
    constexpr std::array<std::string_view, 8> kOthers = {"", "", "i8", "i16", "", "", "f32", "f64"};
    std::string text = "type code " + std::to_string(code);
    if (code < kOthers.size() && !kOthers[code].empty())
        text += " (" + std::string(kOthers[code]) + ")";
    return text;
}

Error formatError(const std::string& where, std::string what, std::string hint) {
    return {ErrorCode::TokensFormat, where, std::move(what), std::move(hint)};
}

}  // namespace

std::uint64_t MegatronHeader::offsetsAt() const { return kMegatronHeaderBytes + 4 * sequences; }

std::uint64_t MegatronHeader::documentsAt() const {
    return kMegatronHeaderBytes + kSequenceBytes * sequences;
}

Expected<MegatronHeader> readMegatronHeader(std::string_view start, std::uint64_t sizeBytes,
                                            const std::string& where) {
    if (start.starts_with(kOlderMagic))
        return formatError(where, "is an index of the older TNTIDX layout, which is not read",
                           "Make the dataset again with the mmap layout");
    if (!start.starts_with(kMagic))
        return formatError(where, "does not start with MMIDIDX, so it is no Megatron index",
                           "Name the .idx file of a dataset");
    if (start.size() < kMegatronHeaderBytes)
        return formatError(where, "ends inside the header", "It is incomplete; get it again");
    if (const std::uint64_t version = u64At(start, 9); version != kVersion)
        return formatError(where, "expected version 1, found " + std::to_string(version), {});
    MegatronHeader header;
    const unsigned code = static_cast<unsigned char>(start[17]);
    const auto dtype = dtypeOfCode(code);
    if (!dtype)
        return Error{ErrorCode::TokensDtype, where,
                     "expected ids of type code 1 (u8), 4 (i32), 5 (i64) or 8 (u16), found " +
                         nameOfCode(code),
                     "Make the dataset again with integer ids"};
    header.dtype = *dtype;
    header.sequences = u64At(start, 18);
    header.documentMarks = u64At(start, 26);
    const std::uint64_t tables = sizeBytes - kMegatronHeaderBytes;
    const bool fits =
        header.sequences <= tables / kSequenceBytes &&
        header.documentMarks <= tables / kMarkBytes &&
        header.sequences * kSequenceBytes + header.documentMarks * kMarkBytes == tables;
    if (!fits)
        return Error{ErrorCode::TokensSize, where,
                     "has " + std::to_string(sizeBytes) + " bytes, which is not what its " +
                         std::to_string(header.sequences) + " sequences and " +
                         std::to_string(header.documentMarks) + " document marks need",
                     "The file is incomplete or damaged; get it again"};
    if (header.sequences == 0)
        return Error{ErrorCode::TokensSize, where, "holds no sequences", "Choose a file with ids"};
    return header;
}

}  // namespace gridscope
