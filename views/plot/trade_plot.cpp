// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/trade_plot.h"

#include <QHelpEvent>
#include <QLocale>
#include <QStringList>

#include "views/plot/trade_picture.h"

namespace gridscope::views {

TradePlot::TradePlot(QWidget* parent)
    : PlotWidget(QStringLiteral("tradePlot"), tr("Gap against FP32 perplexity"), parent),
      m_picture(std::make_unique<TradePicture>(plot())) {
    rebuild();
}

TradePlot::~TradePlot() = default;

void TradePlot::showReport(std::shared_ptr<const ForkReport> report) {
    m_report = std::move(report);
    rebuild();
}

std::vector<PlotColumn> TradePlot::columns() const {
    return m_report ? tradeColumns(*m_report) : std::vector<PlotColumn>();
}

void TradePlot::rebuild() {
    m_picture->build(m_report, plotStyle());
    QStringList sentences;
    for (std::size_t i = 0; !m_picture->isEmpty() && i < m_report->trade.size(); ++i)
        sentences << sentenceOf(i) + u'.';
    describe(sentences.join(u' '), m_picture->isEmpty());
    replotLater();
}

QString TradePlot::sentenceOf(std::size_t point) const {
    const TradePoint& at = m_report->trade[point];
    const QLocale locale;
    const QString sign = at.pplPercent > 0 ? QStringLiteral("+") : QString();
    const QString sentence =
        tr("%1: gap %2 %, FP32 perplexity %3 % against the control")
            .arg(m_picture->labelOf(point), locale.toString(at.gapPercent, 'f', 2),
                 sign + locale.toString(at.pplPercent, 'f', 2));
    return at.onFront ? tr("%1, Pareto-optimal").arg(sentence) : sentence;
}

QString TradePlot::emptyText() const {
    if (!m_report) return tr("No fork experiment is open.");
    return tr("No condition has both a gap and an FP32 perplexity yet.");
}

bool TradePlot::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto& help = *static_cast<QHelpEvent*>(event);
        const int point = m_picture->pointAt(help.pos());
        showNote(help.globalPos(),
                 point < 0 ? QString() : sentenceOf(static_cast<std::size_t>(point)));
        return true;
    }
    return PlotWidget::eventFilter(watched, event);
}

QSize TradePlot::minimumSizeHint() const {
    const int em = QFontMetrics(plotStyle().baseFont).height();
    return {em * 16, em * 12};
}

}  // namespace gridscope::views
