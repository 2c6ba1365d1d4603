// SPDX-License-Identifier: GPL-3.0-or-later

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QLocale>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

#include "views/dialogs/probe_cost.h"
#include "views/dialogs/probe_dialog.h"
#include "views/models/tick_rules.h"

using namespace gridscope::views;

namespace {

ProbeQuestion question() {
    ProbeQuestion question;
    question.checkpoints = 8;
    question.parameters = 1000000;
    question.cores = 2;
    question.multiplyRate = 4e10;
    question.presets = {{QStringLiteral("paper"), 128, 512},
                        {QStringLiteral("gptq-2048"), 0, 2048}};
    question.grids = {{QStringLiteral("a4g128:minmax"), QStringLiteral("int4"), {}, true},
                      {QStringLiteral("s8channel:absmax"), QStringLiteral("int8"), {}, true},
                      {QStringLiteral("a3g128:minmax"), QStringLiteral("int3"), {}, false}};
    question.gridProblem = [](const QString& id) {
        return id.startsWith(QLatin1Char('a')) ? QString() : QStringLiteral("%1 is none").arg(id);
    };
    return question;
}

CheckpointRow row(double step, CheckpointState state, bool ticked) {
    CheckpointRow row;
    row.step = step;
    row.state = state;
    row.ticked = ticked;
    return row;
}

QString bits(const std::vector<bool>& ticks) {
    QString text;
    for (const bool tick : ticks) text += QLatin1Char(tick ? '1' : '0');
    return text;
}

}  // namespace

class TestProbeDialog : public QObject {
    Q_OBJECT
private slots:
    void init();
    void startsWithWhatIsMissing_data();
    void startsWithWhatIsMissing();
    void choiceHoldsWhatWasEntered();
    void costFollowsTheChoice();
    void costByHand();
    void tickRules();
    void logSpacedTicks();

private:
    QString file(const char* name) { return m_folder.filePath(QString::fromLatin1(name)); }
    ProbeChoice goodChoice();
    QTemporaryDir m_folder;
};

void TestProbeDialog::init() {
    for (const char* name : {"tokens.npy", "tokens.bin", "text.txt"}) {
        QFile writer(file(name));
        QVERIFY(writer.open(QIODevice::WriteOnly));
        writer.write("x");
    }
}

ProbeChoice TestProbeDialog::goodChoice() {
    ProbeChoice choice;
    choice.tokens = file("tokens.npy");
    choice.output = file("out.h5");
    return choice;
}

void TestProbeDialog::startsWithWhatIsMissing_data() {
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("problem");  // part of it; empty = Start is enabled
    const auto add = [](const char* name, const char* field, const QString& value,
                        const char* problem) {
        QTest::newRow(name) << QString::fromLatin1(field) << value << QString::fromLatin1(problem);
    };
    add("complete", "", {}, "");
    add("no input", "probeTokens", {}, "token file or a text file");
    add("missing file", "probeTokens", QStringLiteral("/nowhere/x.npy"), "no file");
    add("both inputs", "probeText", file("text.txt"), "not both");
    add("bin without type", "probeTokens", file("tokens.bin"), "number type");
    add("zero windows", "probeWindows", QStringLiteral("0"), "number of windows");
    add("all windows", "probeWindows", QStringLiteral("all"), "");
    add("length 1", "probeLength", QStringLiteral("1"), "window length");
    add("length text", "probeLength", QStringLiteral("x"), "window length");
    add("grid that is none", "probeFreeGrid", QStringLiteral("a2g32, zzz"), "zzz is none");
    add("free grid", "probeFreeGrid", QStringLiteral("a2g32"), "");
    add("no output", "probeOutput", {}, "file for the results");
    add("no such folder", "probeOutput", QStringLiteral("/nowhere/out.h5"), "no folder");
}

void TestProbeDialog::startsWithWhatIsMissing() {
    QFETCH(QString, field);
    QFETCH(QString, value);
    QFETCH(QString, problem);
    ProbeDialog dialog(question(), goodChoice());
    if (!field.isEmpty()) dialog.findChild<QLineEdit*>(field)->setText(value);
    auto* start = dialog.findChild<QPushButton*>(QStringLiteral("probeStart"));
    QCOMPARE(start->isEnabled(), problem.isEmpty());
    QVERIFY2(dialog.problem().contains(problem), qPrintable(dialog.problem()));
    QCOMPARE(start->toolTip(), dialog.problem());
    QCOMPARE(dialog.findChild<QLabel*>(QStringLiteral("probeMessage"))->text(), dialog.problem());
}

void TestProbeDialog::choiceHoldsWhatWasEntered() {
    ProbeDialog dialog(question(), goodChoice());
    auto* grids = dialog.findChild<QListWidget*>(QStringLiteral("probeGrids"));
    grids->item(1)->setCheckState(Qt::Unchecked);
    grids->item(2)->setCheckState(Qt::Checked);
    dialog.findChild<QLineEdit*>(QStringLiteral("probeFreeGrid"))
        ->setText(QStringLiteral("a2g32, a4g128:minmax"));
    dialog.findChild<QLineEdit*>(QStringLiteral("probeLength"))->setText(QStringLiteral("64"));
    const ProbeChoice choice = dialog.choice();
    const QStringList expected{QStringLiteral("a4g128:minmax"), QStringLiteral("a3g128:minmax"),
                               QStringLiteral("a2g32")};
    QCOMPARE(choice.grids, expected);
    QCOMPARE(choice.length, std::optional<std::uint64_t>(64));
    QCOMPARE(choice.scope, QStringLiteral("blocks"));
    QCOMPARE(choice.device, QStringLiteral("auto"));
    QCOMPARE(choice.tokens, file("tokens.npy"));
    QVERIFY(choice.windows.isEmpty());
    grids->item(0)->setCheckState(Qt::Unchecked);
    grids->item(2)->setCheckState(Qt::Unchecked);
    dialog.findChild<QLineEdit*>(QStringLiteral("probeFreeGrid"))->clear();
    QVERIFY(dialog.problem().contains(QStringLiteral("at least one grid")));
}

void TestProbeDialog::costFollowsTheChoice() {
    ProbeDialog dialog(question(), goodChoice());
    auto* cost = dialog.findChild<QLabel*>(QStringLiteral("probeCost"));
    QVERIFY2(cost->text().contains(QStringLiteral("= 24 passes")), qPrintable(cost->text()));
    dialog.findChild<QListWidget*>(QStringLiteral("probeGrids"))
        ->item(2)
        ->setCheckState(Qt::Checked);
    QVERIFY2(cost->text().contains(QStringLiteral("= 32 passes")), qPrintable(cost->text()));
    QVERIFY2(cost->text().contains(QLocale().toString(65536) + QStringLiteral(" tokens")), qPrintable(cost->text()));
    // 32 x 65,536 x 2e6 FLOP at 70 % of 4e10 FLOP/s: 150 s.
    QVERIFY2(cost->text().contains(QStringLiteral("2 min 30 s")), qPrintable(cost->text()));
    auto* preset = dialog.findChild<QComboBox*>(QStringLiteral("probePreset"));
    QCOMPARE(preset->count(), 2);
    preset->setCurrentIndex(1);
    QCOMPARE(dialog.choice().preset, QStringLiteral("gptq-2048"));
    QVERIFY2(cost->text().contains(QStringLiteral("all windows")), qPrintable(cost->text()));
}

void TestProbeDialog::costByHand() {
    // 154 checkpoints, FP32 + 2 grids, 65,536 tokens, 162,322,944 parameters: 462 passes and
    // 2 x 162,322,944 x 65,536 x 462 = 9.83e15 FLOP, at 70 % of 40 GFLOP/s 3.5106e5 s.
    const ProbeCost cost = estimateProbeCost({154, 2, 128, 512, 162322944, 4e10});
    QCOMPARE(cost.passes, 462);
    QCOMPARE(cost.tokens, 65536.0 * 462.0);
    QVERIFY(std::abs(cost.seconds / 3.5106e5 - 1.0) < 1e-3);
    QVERIFY(std::isnan(estimateProbeCost({154, 2, 128, 512, 162322944, 0.0}).seconds));
}

void TestProbeDialog::tickRules() {
    std::vector<CheckpointRow> rows{
        row(0, CheckpointState::Complete, true), row(10, CheckpointState::Failed, false),
        row(20, CheckpointState::Planned, true), row(30, CheckpointState::Planned, false)};
    rows[3].usable = false;
    QCOMPARE(bits(ticksByRule(rows, TickRule::All)), QStringLiteral("1110"));
    QCOMPARE(bits(ticksByRule(rows, TickRule::None)), QStringLiteral("0000"));
    QCOMPARE(bits(ticksByRule(rows, TickRule::Invert)), QStringLiteral("0100"));
    QCOMPARE(bits(ticksByRule(rows, TickRule::OnlyMissing)), QStringLiteral("0110"));
    QCOMPARE(bits(ticksByRule(rows, TickRule::OnlyFailed)), QStringLiteral("0100"));
    QCOMPARE(bits(ticksEveryNth(rows, 2)), QStringLiteral("1010"));
}

void TestProbeDialog::logSpacedTicks() {
    std::vector<CheckpointRow> rows;
    for (const int step : {0, 1, 9, 50, 99, 999}) rows.push_back(row(step, {}, false));
    // log1p of the steps: 0, 0.69, 2.30, 3.93, 4.61, 6.91; four places: 0, 2.30, 4.61, 6.91.
    QCOMPARE(bits(ticksLogSpaced(rows, 4)), QStringLiteral("101011"));
    QCOMPARE(bits(ticksLogSpaced(rows, 1)), QStringLiteral("000001"));
    QCOMPARE(bits(ticksLogSpaced({}, 4)), QString());
}

QTEST_MAIN(TestProbeDialog)
#include "tst_probe_dialog.moc"
