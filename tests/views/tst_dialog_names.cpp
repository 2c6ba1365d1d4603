// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include "tests/support/unnamed_widgets.h"
#include "tests/views/synthetic_trajectory.h"
#include "views/dialogs/boundary_dialog.h"
#include "views/dialogs/export_dialog.h"
#include "views/dialogs/plot_table_dialog.h"
#include "views/dialogs/probe_dialog.h"

using namespace gridscope;
using namespace gridscope::views;

class TestDialogNames : public QObject {
    Q_OBJECT
private slots:
    void theCheckFindsWhatHasNoName();
    void probe();
    void figure();
    void boundary();
    void table();
};

// The check itself can fail: on a bare field, and on a button without a text.
void TestDialogNames::theCheckFindsWhatHasNoName() {
    QWidget root;
    new QLineEdit(&root);
    new QPushButton(&root);
    auto* named = new QLineEdit(&root);
    named->setAccessibleName(QStringLiteral("Steps"));
    new QPushButton(QStringLiteral("&Go"), &root);
    QCOMPARE(test::unnamedWidgets(root).size(), 2);
}

void TestDialogNames::probe() {
    ProbeQuestion question;
    question.grids = {{QStringLiteral("a4g128:minmax"), QStringLiteral("int4"), {}, true}};
    question.presets = {{QStringLiteral("paper"), 128, 512}};
    question.gridProblem = [](const QString&) { return QString(); };
    ProbeDialog dialog(question, {});
    QCOMPARE(test::unnamedWidgets(dialog).join(u'\n'), QString());
}

void TestDialogNames::figure() {
    ExportDialog dialog({test::syntheticTable({20, -1, 4, 2}), test::syntheticPhases(), {}});
    QCOMPARE(test::unnamedWidgets(dialog).join(u'\n'), QString());
}

void TestDialogNames::boundary() {
    BoundaryDialog dialog({{QStringLiteral("end of learning"), 2000, {1000, 3000}, {1500, 2500}}},
                          0);
    QCOMPARE(test::unnamedWidgets(dialog).join(u'\n'), QString());
}

void TestDialogNames::table() {
    PlotTableDialog dialog(QStringLiteral("Gap"), {}, std::nullopt);
    QCOMPARE(test::unnamedWidgets(dialog).join(u'\n'), QString());
}

QTEST_MAIN(TestDialogNames)
#include "tst_dialog_names.moc"
