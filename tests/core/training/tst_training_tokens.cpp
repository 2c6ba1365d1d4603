// SPDX-License-Identifier: GPL-3.0-or-later

// Training streams from files, and windows in the order in which a file has them.

#include <QTemporaryDir>
#include <QtTest>

#include "core/training/training_tokens.h"
#include "tests/core/text/megatron_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using namespace gridscope::test;

namespace {

using Ids = std::vector<std::uint32_t>;

/// Packed as Pythia's data, in small: sequences of 5 ids, of which 4 are trained on.
const QList<QList<int>> kRows = {
    {1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}, {11, 12, 13, 14, 15}, {16, 17, 18, 19, 20}};

}  // namespace

class TestTrainingTokens : public QObject {
    Q_OBJECT

private slots:
    void packedSequences();
    void partOfPackedSequences();
    void streams();
    void refused();

private:
    TrainingInput input(const QList<QList<int>>& rows) const {
        const auto put = [&](const char* name, const QByteArray& content) {
            QFile file(m_folder.filePath(QString::fromLatin1(name)));
            if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write %s", name);
            file.write(content);
        };
        put("a.idx", MegatronFixture::of(rows).index());
        put("a.bin", MegatronFixture::data(rows));
        TrainingInput input;
        input.tokens = m_folder.filePath(QStringLiteral("a.idx")).toStdString();
        return input;
    }
    QTemporaryDir m_folder;
};

void TestTrainingTokens::packedSequences() {
    const auto tokens = loadTrainingTokens(systemFileOps(), input(kRows));
    GRIDSCOPE_VERIFY_OK(tokens);
    QCOMPARE(tokens->ids.size(), std::size_t{20});
    QCOMPARE(tokens->sequenceLength, std::uint64_t{5});
    const auto order = fileOrderOf(*tokens, 4, 2);
    GRIDSCOPE_VERIFY_OK(order);
    // Window 2 is sequence 2, and no window crosses from one sequence to the next.
    const std::size_t starts = tokens->ids.size() - 4;
    QCOMPARE(tokens->ids[windowStart(*order, 0, starts)], std::uint32_t{11});
    QCOMPARE(tokens->ids[windowStart(*order, 1, starts)], std::uint32_t{16});
    QCOMPARE(tokens->ids[windowStart(*order, 2, starts)], std::uint32_t{1});
    // Of shorter windows the rest of a sequence is left out.
    const auto shorter = fileOrderOf(*tokens, 2, 0);
    GRIDSCOPE_VERIFY_OK(shorter);
    QCOMPARE(tokens->ids[windowStart(*shorter, 1, tokens->ids.size() - 2)], std::uint32_t{6});
}

void TestTrainingTokens::partOfPackedSequences() {
    TrainingInput part = input(kRows);
    part.firstSequence = 1;
    part.sequences = 2;
    const auto tokens = loadTrainingTokens(systemFileOps(), part);
    GRIDSCOPE_VERIFY_OK(tokens);
    QCOMPARE(tokens->ids, (Ids{6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
    const auto order = fileOrderOf(*tokens, 4, 1);
    GRIDSCOPE_VERIFY_OK(order);
    QCOMPARE(windowStart(*order, 0, 6), std::size_t{0});
    QCOMPARE(windowStart(*order, 1, 6), std::size_t{5});
    // More than there are is all that there are.
    part.sequences = 100;
    QCOMPARE(loadTrainingTokens(systemFileOps(), part)->ids.size(), std::size_t{15});
}

void TestTrainingTokens::streams() {
    // Sequences of different lengths are one stream, read whole.
    TrainingInput part = input({{1, 2, 3}, {4, 5, 6, 7, 8, 9}});
    part.firstSequence = 1;
    part.sequences = 1;
    const auto tokens = loadTrainingTokens(systemFileOps(), part);
    GRIDSCOPE_VERIFY_OK(tokens);
    QCOMPARE(tokens->sequenceLength, std::uint64_t{0});
    QCOMPARE(tokens->ids.size(), std::size_t{9});
    const auto order = fileOrderOf(*tokens, 4, 1);
    GRIDSCOPE_VERIFY_OK(order);
    QCOMPARE(tokens->ids[windowStart(*order, 0, 5)], std::uint32_t{5});
    QCOMPARE(tokens->ids[windowStart(*order, 1, 5)], std::uint32_t{1});
}

void TestTrainingTokens::refused() {
    TrainingInput part = input(kRows);
    const auto tokens = loadTrainingTokens(systemFileOps(), part);
    GRIDSCOPE_VERIFY_OK(tokens);
    const auto longer = fileOrderOf(*tokens, 5, 0);
    QVERIFY(!longer);
    QCOMPARE(longer.error().code, ErrorCode::SettingsRange);
    QCOMPARE(longer.error().where, std::string("length"));
    part.firstSequence = 4;
    const auto behind = loadTrainingTokens(systemFileOps(), part);
    QVERIFY(!behind);
    QCOMPARE(behind.error().code, ErrorCode::TokensTooFew);
    part.text = "a.txt";
    QCOMPARE(loadTrainingTokens(systemFileOps(), part).error().code, ErrorCode::SettingsRange);
}

QTEST_GUILESS_MAIN(TestTrainingTokens)
#include "tst_training_tokens.moc"
