// SPDX-License-Identifier: GPL-3.0-or-later

// The form of a fork experiment: what it asks for, what it refuses, what it says of the probes.

#include <QtTest>

#include "tests/support/unnamed_widgets.h"
#include "views/pages/fork_designer.h"
#include "views/pages/fork_lab_page.h"
#include "views/plot/schedule_plot.h"
#include "views/widgets/rate_edit.h"

using namespace gridscope;
using namespace gridscope::views;

namespace {

GridChooserSpec grids() {
    return {QStringLiteral("fork"),
            {{QStringLiteral("a4g128:minmax"), QStringLiteral("int4"), {}, true},
             {QStringLiteral("s8channel:absmax"), QStringLiteral("int8"), {}, true}},
            [](const QString& id) {
                return id.startsWith(u'a') ? QString() : QStringLiteral("%1 is none").arg(id);
            }};
}

}  // namespace

class TestForkDesigner : public QObject {
    Q_OBJECT
private slots:
    void init();
    void refuses_data();
    void refuses();
    void bumpRateIsRequired();
    void suggestionsCountFromTheBaseline();
    void stepFollowsTheFolder();
    void baseReachesEveryCondition();
    void conditionsAreAddedAndRemoved();
    void sweepFillsInConditions();
    void phasesAndAliasing();
    void anOpenedExperimentStaysAsItIs();
    void whatIsOffSaysWhy();
    void presets();
    void worries();
    void everythingHasAName();

private:
    QString file(const char* name) { return m_folder.filePath(QString::fromLatin1(name)); }
    /// Complete but for what a test takes away.
    ForkChoice wholeChoice();
    template <class Widget>
    static Widget* find(QWidget& root, const char* name) {
        return root.findChild<Widget*>(QString::fromLatin1(name));
    }
    QTemporaryDir m_folder;
};

void TestForkDesigner::init() {
    QVERIFY(QDir(m_folder.path()).mkpath(QStringLiteral("run/step70000")));
    for (const char* name : {"tokens.npy", "tokens.bin", "text.txt"}) {
        QFile writer(file(name));
        QVERIFY(writer.open(QIODevice::WriteOnly));
        writer.write("x");
    }
}

ForkChoice TestForkDesigner::wholeChoice() {
    ForkChoice choice;
    choice.checkpoint = file("run/step70000");
    choice.out = file("fork");
    choice.tokens = file("tokens.npy");
    choice.design = paperForkDesign();
    choice.design.conditions[2].schedule.bumpLr = 1e-3;
    return choice;
}

void TestForkDesigner::refuses_data() {
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("problem");  // part of it; empty = complete
    const auto add = [](const char* name, const char* field, const QString& value,
                        const char* problem) {
        QTest::newRow(name) << QString::fromLatin1(field) << value << QString::fromLatin1(problem);
    };
    add("complete", "", {}, "");
    add("no fork point", "forkCheckpoint", {}, "checkpoint to fork from");
    add("no such folder", "forkCheckpoint", QStringLiteral("/nowhere/step1"), "no folder");
    add("no output", "forkOut", {}, "folder for the experiment");
    add("output below a file", "forkOut", file("text.txt/fork"), "is a file");
    add("output is a file", "forkOut", file("text.txt"), "is a file");
    add("nothing to train on", "forkTokens", {}, "to train on");
    add("missing file", "forkTokens", QStringLiteral("/nowhere/x.npy"), "no file");
    add("both", "forkText", file("text.txt"), "not on both");
    add("bin without type", "forkTokens", file("tokens.bin"), "number type");
    add("missing tokenizer", "forkTokenizer", QStringLiteral("/nowhere/t.json"), "no tokenizer");
    add("missing evaluation", "forkEvalText", QStringLiteral("/nowhere/e.txt"), "no file");
    add("zero windows", "forkWindows", QStringLiteral("0"), "number of windows");
    add("all windows", "forkWindows", QStringLiteral("all"), "");
    add("length 1", "forkEvalLength", QStringLiteral("1"), "window length");
    add("no grid", "forkFreeGrid", QStringLiteral("zzz"), "zzz is none");
    add("no largest rate", "forkLrMax", {}, "lr-max");
    add("smallest above largest", "forkLrMin", QStringLiteral("1e-2"), "lr-min");
    add("rate that is none", "forkWeightDecay", QStringLiteral("1e"), "no number");
    add("no clip", "forkClip", QStringLiteral("0"), "clip");
}

void TestForkDesigner::refuses() {
    QFETCH(const QString, field);
    QFETCH(const QString, value);
    QFETCH(const QString, problem);
    ForkDesigner designer(grids());
    designer.setChoice(wholeChoice());
    if (!field.isEmpty()) designer.findChild<QLineEdit*>(field)->setText(value);
    if (problem.isEmpty())
        QCOMPARE(designer.problem(), QString());
    else
        QVERIFY2(designer.problem().contains(problem), qPrintable(designer.problem()));
}

// The paper's bump rate is lost: no default, whatever preset is chosen.
void TestForkDesigner::bumpRateIsRequired() {
    for (const ForkDesign& design : {paperForkDesign(), smallForkDesign()}) {
        QVERIFY(!design.conditions[2].schedule.bumpLr);
        ForkDesigner designer(grids());
        designer.setChoice(withDesign(wholeChoice(), design));
        QVERIFY2(designer.problem().contains(QStringLiteral("required")),
                 qPrintable(designer.problem()));
        auto* card = find<QWidget>(designer, "forkCondition2");
        auto* message = find<QLabel>(*card, "forkConditionMessage");
        QVERIFY(message->text().contains(QStringLiteral("required")));
        auto* eta = find<RateEdit>(*card, "forkEta");
        QVERIFY(eta->text().isEmpty());
        QSignalSpy changed(&designer, &ForkDesigner::changed);
        QTest::keyClicks(eta, QStringLiteral("1e-3"));
        QCOMPARE(changed.size(), 4);  // a preview for every keystroke
        QCOMPARE(designer.choice().design.conditions[2].schedule.bumpLr, std::optional(1e-3));
        QCOMPARE(designer.problem(), QString());
        QVERIFY(message->text().isEmpty());
        QTest::keyClicks(eta, QStringLiteral("e"));
        QVERIFY(message->text().contains(QStringLiteral("no number")));
    }
}

// neox-2023 is at 57.21 % of 6e-4 at step 70,000 (science.md 4): 3.43e-4.
void TestForkDesigner::suggestionsCountFromTheBaseline() {
    ForkDesigner designer(grids());
    designer.setChoice(wholeChoice());
    auto* card = find<QWidget>(designer, "forkCondition2");
    QMenu* menu = find<QToolButton>(*card, "forkEtaSuggestions")->menu();
    emit menu->aboutToShow();
    QStringList texts;
    for (const QAction* action : menu->actions())
        if (!action->isSeparator()) texts << action->text();
    QCOMPARE(texts.size(), 7);
    QVERIFY2(texts[0].contains(QStringLiteral("0.000343")), qPrintable(texts[0]));
    QVERIFY2(texts[3].contains(QStringLiteral("0.00343")), qPrintable(texts[3]));
    QCOMPARE(texts.mid(4), QStringList({QStringLiteral("0.0006"), QStringLiteral("0.001"),
                                        QStringLiteral("0.003")}));
    menu->actions()[1]->trigger();
    QCOMPARE(designer.choice().design.conditions[2].schedule.bumpLr, std::optional(6.87e-4));
}

void TestForkDesigner::stepFollowsTheFolder() {
    ForkDesigner designer(grids());
    QVERIFY(QDir(m_folder.path()).mkpath(QStringLiteral("run/step123")));
    find<QLineEdit>(designer, "forkCheckpoint")->setText(file("run/step123"));
    QCOMPARE(find<QSpinBox>(designer, "forkStep")->value(), 123);
    QCOMPARE(designer.choice().design.forkStep, std::int64_t{123});
    for (const ForkCondition& condition : designer.choice().design.conditions)
        QCOMPARE(condition.schedule.forkStep, std::int64_t{123});
    // A name without a step leaves what was entered.
    find<QLineEdit>(designer, "forkCheckpoint")->setText(file("run"));
    QCOMPARE(designer.choice().design.forkStep, std::int64_t{123});
}

void TestForkDesigner::baseReachesEveryCondition() {
    ForkDesigner designer(grids());
    designer.setChoice(wholeChoice());
    find<QLineEdit>(designer, "forkLrMax")->setText(QStringLiteral("2e-3"));
    find<QSpinBox>(designer, "forkTotal")->setValue(200'000);
    find<QSpinBox>(designer, "forkSeeds")->setValue(2);
    find<QSpinBox>(designer, "forkFirstSeed")->setValue(7);
    auto* order = find<QComboBox>(designer, "forkDataOrder");
    auto* first = find<QSpinBox>(designer, "forkFirstWindow");
    QVERIFY(!first->isEnabled());
    order->setCurrentIndex(order->findData(static_cast<int>(DataOrder::File)));
    emit order->activated(order->currentIndex());
    QVERIFY(first->isEnabled());
    first->setValue(12);
    const ForkDesign design = designer.choice().design;
    QVERIFY(design.dataOrder == DataOrder::File);
    QCOMPARE(design.firstWindow, std::int64_t{12});
    for (const ForkCondition& condition : design.conditions) {
        QCOMPARE(condition.schedule.lrMax, 2e-3);
        QCOMPARE(condition.schedule.totalSteps, std::int64_t{200'000});
    }
    QCOMPARE(design.seeds, (std::vector<std::uint64_t>{7, 8}));
}

void TestForkDesigner::conditionsAreAddedAndRemoved() {
    ForkDesigner designer(grids());
    designer.setChoice(wholeChoice());
    const auto names = [&] {
        QStringList found;
        for (const ForkCondition& condition : designer.choice().design.conditions)
            found << QString::fromStdString(condition.name);
        return found.join(u' ');
    };
    QSignalSpy finished(&designer, &ForkDesigner::editingFinished);
    find<QToolButton>(designer, "forkAddCondition")->menu()->actions().last()->trigger();
    QCOMPARE(names(), QStringLiteral("cosine sgdr oli linear"));
    QCOMPARE(finished.size(), 1);
    auto* oli = find<QWidget>(designer, "forkCondition2");
    find<QToolButton>(*oli, "forkConditionDuplicate")->click();
    QCOMPARE(names(), QStringLiteral("cosine sgdr oli oli-2 linear"));
    QCOMPARE(designer.choice().design.conditions[3].schedule.bumpLr, std::optional(1e-3));
    // A name that came from the schedule follows it, one of the user's own stays.
    auto* form = find<QComboBox>(*find<QWidget>(designer, "forkCondition3"), "forkConditionForm");
    form->setCurrentIndex(form->findData(static_cast<int>(ScheduleForm::Wsd)));
    emit form->activated(form->currentIndex());
    QCOMPARE(names(), QStringLiteral("cosine sgdr oli wsd linear"));
    find<QToolButton>(*oli, "forkConditionRemove")->click();
    QCOMPARE(names(), QStringLiteral("cosine sgdr wsd linear"));
    QCOMPARE(designer.problem(), QString());
}

void TestForkDesigner::sweepFillsInConditions() {
    ForkDesigner designer(grids());
    designer.setChoice(wholeChoice());
    find<QLineEdit>(designer, "forkSweepRates")->setText(QStringLiteral("6e-4, 3e-3"));
    find<QLineEdit>(designer, "forkSweepPeriods")->setText(QStringLiteral("75+300, 20+80"));
    find<QPushButton>(designer, "forkSweepFill")->click();
    const auto conditions = designer.choice().design.conditions;
    QCOMPARE(conditions.size(), std::size_t{6});  // cosine, sgdr and 2 x 2
    QCOMPARE(conditions[5].schedule.bumpLr, std::optional(3e-3));
    QCOMPARE(conditions[5].schedule.bumpSteps, std::int64_t{20});
    QCOMPARE(conditions[5].schedule.coolSteps, std::int64_t{80});
    QCOMPARE(designer.problem(), QString());
    find<QLineEdit>(designer, "forkSweepPeriods")->setText(QStringLiteral("75"));
    find<QPushButton>(designer, "forkSweepFill")->click();
    QVERIFY(find<QLabel>(designer, "forkSweepMessage")->text().contains(QStringLiteral("75+300")));
    QCOMPARE(designer.choice().design.conditions.size(), std::size_t{6});
}

// science.md 4: every 1,000 steps against a period of 375 reaches 250, 125 and 0 only.
void TestForkDesigner::phasesAndAliasing() {
    ForkDesigner designer(grids());
    designer.setChoice(wholeChoice());
    auto* phases = find<QLabel>(designer, "forkPhases");
    auto* warning = find<QLabel>(designer, "forkAliasing");
    auto* coolEnd = find<QPushButton>(designer, "forkCoolEnd");
    QVERIFY2(phases->text().contains(QStringLiteral("0, 125, 250")), qPrintable(phases->text()));
    QVERIFY2(warning->text().contains(QStringLiteral("10 of 30")), qPrintable(warning->text()));
    QVERIFY(warning->text().contains(QStringLiteral("the last one too")));
    find<QSpinBox>(designer, "forkOffset")->setValue(100);
    QVERIFY2(phases->text().contains(QStringLiteral("100, 225, 350")), qPrintable(phases->text()));
    QVERIFY(!warning->text().contains(QStringLiteral("10 of")));
    find<QSpinBox>(designer, "forkOffset")->setValue(0);
    coolEnd->click();
    QCOMPARE(static_cast<int>(designer.choice().design.probing.placement),
             static_cast<int>(ProbePlacement::CoolEnd));
    QVERIFY(!find<QSpinBox>(designer, "forkOffset")->isEnabled());
    QVERIFY(coolEnd->isHidden());
    // 30,000 steps are 80 whole periods, so the last step itself begins a bump.
    QVERIFY2(warning->text().contains(QStringLiteral(": 1 of ")), qPrintable(warning->text()));
    find<QSpinBox>(designer, "forkSteps")->setValue(29'999);
    QVERIFY2(warning->text().isEmpty(), qPrintable(warning->text()));
}

void TestForkDesigner::anOpenedExperimentStaysAsItIs() {
    ForkChoice choice = wholeChoice();
    choice.isOpened = true;
    // Nothing of this can be shown by the form, and yet it is kept.
    choice.design.seeds = {3, 900, 17};
    choice.design.conditions[1].schedule.lrMax = 1.0;
    ForkDesigner designer(grids());
    designer.setChoice(choice);
    designer.setEditing(ForkEditing::Sources);
    QVERIFY(!find<QLineEdit>(designer, "forkLrMax")->isEnabled());
    QVERIFY(find<QLineEdit>(designer, "forkTokens")->isEnabled());
    find<QLineEdit>(designer, "forkWindows")->setText(QStringLiteral("64"));
    QVERIFY(designer.choice().design == choice.design);
    QCOMPARE(designer.choice().windows, QStringLiteral("64"));
    designer.setEditing(ForkEditing::Nothing);
    QVERIFY(!find<QLineEdit>(designer, "forkTokens")->isEnabled());
}

void TestForkDesigner::whatIsOffSaysWhy() {
    ForkDesigner designer(grids());
    ForkChoice choice = wholeChoice();
    choice.design.conditions.resize(1);
    designer.setChoice(choice);
    auto* remove = find<QToolButton>(designer, "forkConditionRemove");
    QVERIFY(!remove->isEnabled());
    QVERIFY(remove->toolTip().contains(QStringLiteral("at least one")));
    auto* training = find<QWidget>(designer, "forkTraining");
    QVERIFY(training->toolTip().isEmpty());
    designer.setEditing(ForkEditing::Sources);
    QVERIFY(training->toolTip().contains(QStringLiteral("New Experiment")));
    QVERIFY(find<QWidget>(designer, "forkSources")->toolTip().isEmpty());
    designer.setEditing(ForkEditing::Nothing);
    QVERIFY(find<QWidget>(designer, "forkSources")->toolTip().contains(QStringLiteral("running")));

    ForkLabPage page(grids());
    const auto* open = page.findChild<QAction*>(QStringLiteral("forkOpenTrajectory"));
    QVERIFY(!open->isEnabled());
    QVERIFY(open->toolTip().contains(QStringLiteral("Select a run")));
}

void TestForkDesigner::presets() {
    const ForkDesign paper = paperForkDesign();
    QCOMPARE(paper.forkStep, std::int64_t{70'000});
    QCOMPARE(paper.steps, std::int64_t{30'000});
    QCOMPARE(paper.seeds.size(), std::size_t{3});
    QCOMPARE(paper.tokensPerRun(), std::int64_t{30'000} * 4 * 2048);
    QCOMPARE(paper.conditions[1].schedule.period, std::int64_t{10'000});
    // A fork point that is chosen keeps its step, which the periods count from.
    ForkChoice choice = forkedFrom(wholeChoice(), file("run/step123"));
    choice = withDesign(choice, smallForkDesign());
    QCOMPARE(choice.design.forkStep, std::int64_t{123});
    for (const ForkCondition& condition : choice.design.conditions)
        QCOMPARE(condition.schedule.forkStep, std::int64_t{123});
}

void TestForkDesigner::worries() {
    ForkStatus status;
    QVERIFY(status.worries().isEmpty());
    status.cost = ForkCost();
    status.cost->seconds = 3600;
    status.cost->diskBytes = 1e9;
    status.cost->freeDiskBytes = 2e9;
    QVERIFY(status.worries().isEmpty());
    status.cost->seconds = 90'000;
    QVERIFY(status.worries().join(u' ').contains(QStringLiteral("25 h")));
    status.cost->freeDiskBytes = 1e8;
    QCOMPARE(status.worries().size(), 2);
}

void TestForkDesigner::everythingHasAName() {
    ForkLabPage page(grids());
    QStringList unnamed = test::unnamedWidgets(page);
    // The button of an overlay is hidden while it has no text, and a list speaks with its box.
    unnamed = unnamed.filter(QRegularExpression(QStringLiteral("^(?!.*(stateButton|ListView))")));
    QCOMPARE(unnamed.join(u'\n'), QString());
    QVERIFY(!page.preview()->accessibleName().isEmpty());
}

QTEST_MAIN(TestForkDesigner)
#include "tst_fork_designer.moc"
