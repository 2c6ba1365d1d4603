// SPDX-License-Identifier: GPL-3.0-or-later

#include <QElapsedTimer>
#include <QtTest>
#include <functional>
#include <limits>

#include "core/checkpoint/pickle_machine.h"
#include "core/checkpoint/torch_state_dict.h"
#include "tests/support/test_data.h"
#include "tests/support/torch_archive_writer.h"

using namespace gridscope;
using test::PickledView;
using test::PickleWriter;

namespace {

/// What a file with this pickle would give, without looking for the storages.
Expected<TorchStateDict> read(const std::string& pickle) {
    GRIDSCOPE_TRY_ASSIGN(unpickled, unpickle(std::as_bytes(std::span(pickle)), "data.pkl"));
    return readStateDict(unpickled, "data.pkl");
}

/// A view of [2, 3] into a storage of 6.
PickledView goodView() {
    PickledView view;
    view.name = "w";
    view.elements = 6;
    view.sizes = {2, 3};
    view.strides = {3, 1};
    return view;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

/// The pickle of {"w": tensor} around opcodes that make `tensor`.
std::string withTensor(const std::string& opcodes) {
    return PickleWriter().raw("}").text("w").raw(opcodes).raw("s").finish();
}

/// _rebuild_tensor_v2 called with a tuple of these opcodes.
std::string rebuilt(const std::string& arguments) {
    return withTensor("ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + "tR");
}

/// Opcodes of a storage of 6 floats.
std::string storage(const std::string& key = "0", int elements = 6,
                    const std::string& type = "FloatStorage") {
    const std::string text = PickleWriter()
                                 .mark()
                                 .text("storage")
                                 .global("torch", type)
                                 .text(key)
                                 .text("cpu")
                                 .integer(elements)
                                 .raw("tQ")
                                 .finish();
    return text.substr(2, text.size() - 3);
}

}  // namespace

class TestPickle : public QObject {
    Q_OBJECT

private slots:
    void values();
    void stateDicts();
    void nests_data();
    void nests();
    void storageTypes();
    void badPickles_data();
    void badPickles();
    void badViews_data();
    void badViews();
    void everyPrefixIsRefused();
    void everyBitFlipIsBounded();
};

// Opcode by opcode, against what Lib/pickle.py documents for them.
void TestPickle::values() {
    const std::string pickle = PickleWriter()
                                   .mark()
                                   .raw("K\xFF")                           // BININT1 255
                                   .raw("M\x01\x02")                       // BININT2 513
                                   .raw(std::string("J\xFE\xFF\xFF\xFF"))  // BININT -2
                                   .raw(std::string("\x8A\0", 2))          // LONG1 of no bytes: 0
                                   .raw("\x8A\x01\xFF")                    // LONG1 -1
                                   .raw(std::string("\x8A\x02\xFF\0", 4))  // LONG1 255
                                   .raw(std::string("\x8A\x09\0\0\0\0\0\0\0\x80\xFF", 11))
                                   .raw("\x88\x89N)")
                                   .raw(std::string("G\x3F\xF0\0\0\0\0\0\0", 9))
                                   .raw("K\x01\x85K\x01K\x02\x86K\x01K\x02K\x03\x87")
                                   .raw(
                                       "](K\x01K\x02"
                                       "eK\x03"
                                       "a")
                                   .raw("q\x05h\x05")
                                   .raw(std::string("r\x10\x27\0\0j\x10\x27\0\0", 10))
                                   .raw(
                                       "K\x07"
                                       "0")
                                   .raw("t")
                                   .finish();
    const auto unpickled = unpickle(std::as_bytes(std::span(pickle)), "x");
    GRIDSCOPE_VERIFY_OK(unpickled);
    const PickleArena& values = unpickled->values;
    QCOMPARE(values.kind(unpickled->root), PickleKind::Tuple);
    const auto items = values.items(unpickled->root);
    QCOMPARE(items.size(), std::size_t{18});
    const std::vector<std::int64_t> integers{
        255, 513, -2, 0, -1, 255, std::numeric_limits<std::int64_t>::min()};
    for (std::size_t i = 0; i < integers.size(); ++i)
        QCOMPARE(values.integer(items[i]), integers[i]);
    QVERIFY(values.boolean(items[7]) && !values.boolean(items[8]));
    QCOMPARE(values.kind(items[9]), PickleKind::None);
    QCOMPARE(values.items(items[10]).size(), std::size_t{0});
    QCOMPARE(values.kind(items[11]), PickleKind::Real);
    for (std::size_t i = 0; i < 3; ++i) QCOMPARE(values.items(items[12 + i]).size(), i + 1);
    QCOMPARE(values.kind(items[15]), PickleKind::List);
    QCOMPARE(values.items(items[15]).size(), std::size_t{3});
    QCOMPARE(values.integer(values.items(items[15])[2]), std::int64_t{3});
    QCOMPARE(items[16], items[15]);
    QCOMPARE(items[17], items[15]);
}

void TestPickle::stateDicts() {
    PickledView tied = goodView();
    tied.name = "tied";
    tied.strides = {1, 2};
    const auto plain = read(test::stateDictPickle({goodView(), tied}));
    GRIDSCOPE_VERIFY_OK(plain);
    QCOMPARE(plain->tensors.size(), std::size_t{2});
    QCOMPARE(plain->storages.size(), std::size_t{1});
    QCOMPARE(plain->tensors[1].name, std::string("tied"));
    QCOMPARE(plain->tensors[1].elements, std::uint64_t{6});
    QCOMPARE(plain->tensors[1].storedBytes, std::uint64_t{24});
    QCOMPARE(plain->views[1].strides, (std::vector<std::uint64_t>{1, 2}));

    // {"epoch": 3, "module": {...}, "model": {"w": tensor, "note": "text"}}: model goes first.
    PickleWriter nested;
    nested.raw("}(").text("epoch").integer(3).text("module").raw("}");
    nested.text("model").raw("}(").text("w");
    test::pushTensor(nested, goodView());
    nested.text("note").text("text").raw("uu");
    const auto inner = read(nested.finish());
    GRIDSCOPE_VERIFY_OK(inner);
    QCOMPARE(inner->tensors.size(), std::size_t{1});
    QCOMPARE(inner->skipped, std::vector<std::string>{"note"});

    // A parameter, and the state of a module's dict.
    PickleWriter parameter;
    parameter.emptyOrderedDict().text("w").global("torch._utils", "_rebuild_parameter").mark();
    test::pushTensor(parameter, goodView());
    parameter.raw("\x88").emptyOrderedDict().raw("tRs").raw("}").text("_metadata");
    parameter.emptyOrderedDict().raw("sb");
    const auto module = read(parameter.finish());
    GRIDSCOPE_VERIFY_OK(module);
    QCOMPARE(module->tensors.at(0).name, std::string("w"));

    PickledView empty = goodView();
    empty.name = "empty";
    empty.sizes = {0, 5};
    empty.strides = {5, 1};
    empty.offset = 6;
    PickledView scalar = goodView();
    scalar.name = "scalar";
    scalar.sizes = scalar.strides = {};
    scalar.offset = 5;
    PickledView expanded = goodView();
    expanded.name = "expanded";
    expanded.strides = {0, 1};
    const auto edges = read(test::stateDictPickle({empty, scalar, expanded}));
    GRIDSCOPE_VERIFY_OK(edges);
    QCOMPARE(edges->tensors[0].elements, std::uint64_t{0});
    QCOMPARE(edges->tensors[1].elements, std::uint64_t{1});
    QCOMPARE(edges->tensors[2].elements, std::uint64_t{6});
}

// formats.md 5.2: of the keys that may hold the state dict the first present decides.
void TestPickle::nests_data() {
    QTest::addColumn<QByteArrayList>("entries");  // "key:kind" in the order of the file
    QTest::addColumn<QByteArray>("outcome");      // tensors by name, or a code
    QTest::newRow("first present, not first in the file")
        << QByteArrayList{"model:dict", "state_dict:other"} << QByteArray("other");
    QTest::newRow("first is no dict")
        << QByteArrayList{"state_dict:number", "model:dict"} << QByteArray("pickle.unsupported");
    QTest::newRow("first twice") << QByteArrayList{"model:dict", "model:other"}
                                 << QByteArray("pickle.malformed");
    QTest::newRow("twice, once a number")
        << QByteArrayList{"model:number", "model:dict"} << QByteArray("pickle.malformed");
    QTest::newRow("a tensor of that name")
        << QByteArrayList{"model:tensor", "w:tensor"} << QByteArray("model w");
}

void TestPickle::nests() {
    QFETCH(QByteArrayList, entries);
    QFETCH(QByteArray, outcome);
    PickleWriter writer;
    writer.raw("}(");
    for (const QByteArray& entry : entries) {
        const QByteArrayList parts = entry.split(':');
        writer.text(parts[0].toStdString());
        if (parts[1] == "number") writer.integer(3);
        if (parts[1] == "tensor") test::pushTensor(writer, goodView());
        if (parts[1] != "dict" && parts[1] != "other") continue;
        writer.raw("}(").text(parts[1] == "dict" ? "w" : "other");
        test::pushTensor(writer, goodView());
        writer.raw("u");
    }
    const auto found = read(writer.raw("u").finish());
    QByteArrayList names;
    if (found) {
        for (const TensorInfo& tensor : found->tensors)
            names << QByteArray::fromStdString(tensor.name);
    } else {
        names << QByteArray::fromStdString(std::string(errorCodeText(found.error().code)));
    }
    QCOMPARE(names.join(' '), outcome);
}

void TestPickle::storageTypes() {
    const std::vector<std::pair<const char*, Dtype>> types{
        {"HalfStorage", Dtype::F16},      {"FloatStorage", Dtype::F32},
        {"BFloat16Storage", Dtype::Bf16}, {"DoubleStorage", Dtype::F64},
        {"LongStorage", Dtype::I64},      {"IntStorage", Dtype::I32},
        {"ShortStorage", Dtype::I16},     {"CharStorage", Dtype::I8},
        {"ByteStorage", Dtype::U8},       {"BoolStorage", Dtype::Bool}};
    for (const auto& [name, dtype] : types) {
        PickledView view = goodView();
        view.storageType = name;
        const auto dict = read(test::stateDictPickle({view}));
        GRIDSCOPE_VERIFY_OK(dict);
        QCOMPARE(dict->tensors[0].dtype, dtype);
    }
}

void TestPickle::badPickles_data() {
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<QByteArray>("code");
    const auto row = [](const char* name, const std::string& pickle, const char* code) {
        QTest::newRow(name) << QByteArray::fromStdString(pickle) << QByteArray(code);
    };
    const auto opcodes = [&](const char* name, std::string_view bytes,
                             const char* code = "pickle.malformed") {
        row(name, PickleWriter().raw(bytes).finish(), code);
    };
    using namespace std::string_view_literals;
    for (const char* global :
         {"os\nsystem", "posix\nsystem", "builtins\neval", "torch\nload",
          "torch._utils\n_rebuild_tensor_v3", "torch\nUntypedStorage", "collections\nordereddict",
          "torch\nfloatStorage", "torch \nload", "torch._utils \n_rebuild_tensor_v2", "\n"})
        row((std::string("P01 ") + global).c_str(),
            PickleWriter().raw("c").raw(global).raw("\n)R").finish(), "pickle.global");
    row("P02 no STOP", "\x80\x02}", "pickle.malformed");
    row("P02 empty", "", "pickle.unsupported");
    row("P02 protocol 0", "(dp0\n.", "pickle.unsupported");
    row("P02 protocol 5", "\x80\x05}.", "pickle.unsupported");
    row("P02 protocol 4 frame", "\x80\x04\x95", "pickle.unsupported");
    row("P02 bytes after STOP", PickleWriter().raw("}").finish() + "x", "pickle.malformed");
    opcodes("P02 empty stack", "");
    opcodes("P02 two values", "NN");
    opcodes("P02 MARK left", "}(");
    opcodes("P02 MARK on top", "(");
    opcodes("P02 POP underflow", "0");
    opcodes("P02 TUPLE without MARK", "Nt");
    opcodes("P02 TUPLE3 underflow", "NN\x87");
    opcodes("P02 TUPLE2 over a MARK", "N(N\x86");
    opcodes("P02 APPEND underflow", "Na");
    opcodes("P02 APPEND to a tuple", ")Na");
    opcodes("P02 APPENDS without MARK", "]Ne");
    opcodes("P02 SETITEM on a list", "]NNs");
    opcodes("P02 SETITEMS odd", "}(Nu");
    opcodes("P02 REDUCE of a list", "])R");
    opcodes("P02 REDUCE without tuple", "ccollections\nOrderedDict\nNR");
    opcodes("P02 OrderedDict with arguments", "ccollections\nOrderedDict\n]\x85R");
    opcodes("P02 storage type called", "ctorch\nFloatStorage\n)R");
    opcodes("P02 BUILD of a plain dict", "}}b");
    opcodes("P02 BUILD underflow", "}b");
    opcodes("P02 unknown memo slot", "h\x01");
    opcodes("P02 unfilled memo slot", "Nq\x05h\x04");
    opcodes("P02 memo slot 2^32-1", "Nr\xFF\xFF\xFF\xFF");
    opcodes("P02 memo slot 1000000", std::string_view("Nr\x40\x42\x0F\0", 6));
    opcodes("P02 memo of a MARK", "(q\x01");
    opcodes("P02 text of 2^31 bytes", std::string_view("X\0\0\0\x80", 5));
    opcodes("P02 text above 1 MiB", "X\x01\x00\x10\x00"sv);
    opcodes("P02 text not UTF-8", "X\x01\0\0\0\xFF"sv);
    opcodes("P02 LONG1 of 255 bytes", "\x8A\xFF");
    opcodes("P02 LONG1 of 17 bytes",
            "\x8A\x11"
            "aaaaaaaaaaaaaaaaa");
    opcodes("P02 LONG1 above 2^63", "\x8A\x09\0\0\0\0\0\0\0\x80\0"sv);
    opcodes("P02 GLOBAL without end", "cabc");
    opcodes("P02 persistent id is a text", "X\x01\0\0\0aQ"sv);
    opcodes("P02 BINFLOAT cut", "G\x01");
    opcodes("P02 INST", "i__main__\nX\n", "pickle.unsupported");
    opcodes("P02 STACK_GLOBAL", "\x93", "pickle.unsupported");
    opcodes("P02 NEWOBJ", "\x81", "pickle.unsupported");
    opcodes("P02 extension", "\x82\x01", "pickle.unsupported");
    opcodes("P02 a list is no dict", "]", "pickle.unsupported");
    opcodes("P02 list holds itself",
            "]q\x01h\x01"
            "a",
            "pickle.unsupported");
    opcodes("P02 dict holds itself", "}q\x01X\x01\0\0\0ah\x01s"sv, "pickle.unsupported");
    opcodes("P02 model holds itself", "}q\x01X\x05\0\0\0modelh\x01s"sv, "pickle.unsupported");
    opcodes("P02 no tensor", "}", "pickle.unsupported");
    opcodes("P02 number as name", "}NNs");
    opcodes("P02 empty name", "}X\0\0\0\0Ns"sv);
    row("P02 nested lists",
        PickleWriter().raw(repeated("]", 400'000) + repeated("a", 399'999)).finish(),
        "pickle.unsupported");
    row("P02 nested tuples", PickleWriter().raw(")" + repeated("\x85", 900'000)).finish(),
        "pickle.unsupported");
    row("P02 10^6 lists", PickleWriter().raw(repeated("]", 1'000'000)).finish(),
        "pickle.malformed");
    row("P02 10^6 marks", PickleWriter().raw(repeated("(", 1'000'000)).finish(),
        "pickle.malformed");
    row("P02 repeated name",
        PickleWriter().raw("}(").text("a").raw("N").text("a").raw("Nu").finish(),
        "pickle.malformed");
    row("P02 pre-1.6 file",
        std::string("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.", 15),
        "pickle.malformed");
}

void TestPickle::badPickles() {
    QFETCH(QByteArray, pickle);
    QFETCH(QByteArray, code);
    QElapsedTimer timer;
    timer.start();
    const auto dict = read(pickle.toStdString());
    QVERIFY(timer.elapsed() < 1000);
    QVERIFY(!dict);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(dict.error().code))), code);
    QVERIFY(dict.error().where.starts_with("data.pkl"));
    QVERIFY(dict.error().what.size() <= 300);
}

void TestPickle::badViews_data() {
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("where");
    const auto view = [](const char* name, const std::function<void(PickledView&)>& change) {
        PickledView wrong = goodView();
        change(wrong);
        QTest::newRow(name) << QByteArray::fromStdString(test::stateDictPickle({wrong}))
                            << QByteArray("pickle.view") << QByteArray("data.pkl, w");
    };
    const auto raw = [](const char* name, const std::string& pickle, const char* code) {
        QTest::newRow(name) << QByteArray::fromStdString(pickle) << QByteArray(code)
                            << QByteArray("data.pkl, byte");
    };
    constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
    view("P03 storage too small", [](PickledView& v) { v.elements = 5; });
    view("P03 offset by one", [](PickledView& v) { v.offset = 1; });
    view("P03 negative offset", [](PickledView& v) { v.offset = -1; });
    view("P03 huge offset", [](PickledView& v) { v.offset = kHuge; });
    view("P03 size beyond", [](PickledView& v) { v.sizes = {3, 3}; });
    view("P03 negative size", [](PickledView& v) { v.sizes = {-2, 3}; });
    view("P03 negative sizes", [](PickledView& v) { v.sizes = {-2, -3}; });
    view("P03 huge sizes", [](PickledView& v) { v.sizes = {kHuge, kHuge}; });
    view("P03 stride beyond", [](PickledView& v) { v.strides = {4, 1}; });
    view("P03 negative stride", [](PickledView& v) { v.strides = {3, -1}; });
    view("P03 huge stride", [](PickledView& v) { v.strides = {kHuge, kHuge}; });
    view("P03 stride 0 blow-up", [](PickledView& v) {
        v.sizes = {1'000'000, 1'000'000};
        v.strides = {0, 0};
    });
    view("P03 stride 0 larger than the storage", [](PickledView& v) {
        v.sizes = {7};
        v.strides = {0};
    });
    view("P03 more sizes than strides", [](PickledView& v) { v.strides = {3}; });
    view("P03 rank 9",
         [](PickledView& v) { v.sizes = v.strides = std::vector<std::int64_t>(9, 1); });
    view("P03 empty, offset beyond", [](PickledView& v) {
        v.sizes = {0};
        v.strides = {1};
        v.offset = 7;
    });
    const std::string sizes = "(K\x06t(K\x01t";
    raw("P03 key with a slash", rebuilt(storage("../0") + "K\x01" + sizes + "\x89}"),
        "pickle.view");
    raw("P03 empty key", rebuilt(storage("") + "K\x01" + sizes + "\x89}"), "pickle.view");
    raw("P03 key of 33 letters", rebuilt(storage(std::string(33, 'a')) + "K\x01" + sizes + "\x89}"),
        "pickle.view");
    raw("P03 negative numel", rebuilt(storage("0", -1) + "K\x01" + sizes + "\x89}"), "pickle.view");
    raw("P03 one key, two sizes", withTensor(storage("0", 6) + storage("0", 7) + "\x86"),
        "pickle.view");
    raw("P03 one key, two types",
        withTensor(storage("0", 6) + storage("0", 6, "HalfStorage") + "\x86"), "pickle.view");
    raw("P02 five arguments", rebuilt(storage() + std::string("K\0", 2) + sizes + "\x89"),
        "pickle.malformed");
    raw("P02 eight arguments", rebuilt(storage() + std::string("K\0", 2) + sizes + "\x89}}}"),
        "pickle.malformed");
    raw("P02 sizes are a list", rebuilt(storage() + std::string("K\0", 2) + "](K\x01t\x89}"),
        "pickle.malformed");
    raw("P02 size is a text",
        rebuilt(storage() + std::string("K\0", 2) + "(X\x01" + std::string(3, '\0') +
                "at(K\x01t\x89}"),
        "pickle.malformed");
    raw("P02 storage is a text", rebuilt(std::string("X\x01\0\0\0aK\0", 8) + sizes + "\x89}"),
        "pickle.malformed");
}

void TestPickle::badViews() {
    QFETCH(QByteArray, pickle);
    QFETCH(QByteArray, code);
    QFETCH(QByteArray, where);
    const auto dict = read(pickle.toStdString());
    QVERIFY(!dict);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(dict.error().code))), code);
    QVERIFY2(dict.error().where.starts_with(where.toStdString()), dict.error().where.c_str());
}

void TestPickle::everyPrefixIsRefused() {
    const std::string good = test::stateDictPickle({goodView()});
    GRIDSCOPE_VERIFY_OK(read(good));
    for (std::size_t length = 0; length < good.size(); ++length)
        QVERIFY(!read(good.substr(0, length)));
}

void TestPickle::everyBitFlipIsBounded() {
    const std::string good = test::stateDictPickle({goodView()});
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        std::string bytes = good;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        const auto dict = read(bytes);
        if (!dict) {
            ++refused;
            continue;
        }
        for (std::size_t i = 0; i < dict->tensors.size(); ++i) {
            const StorageView& view = dict->views[i];
            std::uint64_t last = view.offset;
            for (std::size_t d = 0; d < view.strides.size(); ++d)
                last += (dict->tensors[i].shape[d] - 1) * view.strides[d];
            if (dict->tensors[i].elements > 0)
                QVERIFY(last < dict->storages[view.storage].elements);
        }
    }
    QVERIFY(refused > good.size());
}

QTEST_GUILESS_MAIN(TestPickle)
#include "tst_pickle.moc"
