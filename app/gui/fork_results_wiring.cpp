// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/fork_results_wiring.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>

#include <filesystem>

#include "core/base/file_ops.h"
#include "views/dialogs/export_dialog.h"
#include "views/dialogs/plot_table_dialog.h"
#include "views/pages/fork_results_view.h"

namespace gridscope::app {

ForkResultsWiring::ForkResultsWiring(views::ForkResultsView& view) : QObject(&view), m_view(view) {
    connect(&view, &views::ForkResultsView::tableRequested, this, &ForkResultsWiring::showTable);
    connect(&view, &views::ForkResultsView::exportRequested, this,
            &ForkResultsWiring::exportFigure);
    connect(&view, &views::ForkResultsView::saveRequested, this, &ForkResultsWiring::saveTable);
}

void ForkResultsWiring::showTable(const QString& title,
                                  const std::vector<views::PlotColumn>& columns) {
    views::PlotTableDialog dialog(title, columns, std::nullopt, m_view.window());
    dialog.exec();
}

void ForkResultsWiring::exportFigure(const QString& name) {
    if (!m_view.report()) return;
    views::FigureInput input{nullptr, {}, {}, m_view.report()};
    input.spec.name = name;
    input.spec.references = m_view.showsPaper();
    views::ExportDialog dialog(std::move(input), m_view.window());
    if (dialog.exec() == QDialog::Accepted)
        emit message(tr("Written: %1").arg(dialog.writtenPath()));
}

void ForkResultsWiring::saveTable() {
    if (!m_view.report()) return;
    QFileDialog dialog(m_view.window(), tr("Save the Table of Results"), {},
                       tr("LaTeX (*.tex);;CSV (*.csv)"));
    dialog.setObjectName(QStringLiteral("forkSaveDialog"));
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setDefaultSuffix(QStringLiteral("tex"));
    connect(&dialog, &QFileDialog::filterSelected, &dialog, [&dialog](const QString& filter) {
        dialog.setDefaultSuffix(filter.contains(QStringLiteral("*.csv")) ? QStringLiteral("csv")
                                                                         : QStringLiteral("tex"));
    });
    dialog.selectFile(QStringLiteral("fork.tex"));
    if (dialog.exec() != QDialog::Accepted || dialog.selectedFiles().isEmpty()) return;
    const QString path = dialog.selectedFiles().front();
    const bool isCsv = QFileInfo(path).suffix().toLower() == QStringLiteral("csv");
    const std::string text =
        isCsv ? forkReportToCsv(*m_view.report()) : forkReportToLatex(*m_view.report());
    const auto written = writeFileAtomically(
        systemFileOps(), std::filesystem::path(QFile::encodeName(path).toStdString()), text);
    if (written) {
        emit message(tr("Written: %1").arg(path));
        return;
    }
    const QString why = QString::fromStdString(written.error().toText());
    QMessageBox::warning(m_view.window(), tr("The table was not written"), why);
    emit message(why);
}

}  // namespace gridscope::app
