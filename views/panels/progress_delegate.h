// SPDX-License-Identifier: GPL-3.0-or-later

// Paints the progress column of the job table as a bar.
#pragma once

#include <QStyledItemDelegate>

namespace gridscope::views {

class ProgressDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
};

}  // namespace gridscope::views
