// SPDX-License-Identifier: GPL-3.0-or-later

// Asks for quantization grids: those with a name as ticks, others as text.
#pragma once

#include <QWidget>

#include <functional>

#include "views/dialogs/probe_choice.h"

class QLabel;
class QLineEdit;
class QListWidget;

namespace gridscope::views {

struct GridChooserSpec {
    QString prefix;  ///< of the object names: "probe" gives probeGrids, probeFreeGrid, ...
    QList<GridOffer> offers;
    /// Empty when `id` names a grid, else why not.
    std::function<QString(const QString& id)> gridProblem;
};

class GridChooser : public QWidget {
    Q_OBJECT
public:
    explicit GridChooser(const GridChooserSpec& spec, QWidget* parent = nullptr);

    /// In the order of the list, then as written.
    QStringList chosen() const;
    /// Empty = those that are offered first.
    void setChosen(const QStringList& ids);
    /// Why the choice is none; empty = it is one.
    QString problem() const;

signals:
    void changed();
    /// A tick, or a text to its end.
    void editingFinished();

private:
    QStringList written() const;
    void showProblem();

    GridChooserSpec m_spec;
    QListWidget* m_list;
    QLineEdit* m_free;
    QLabel* m_message;
};

}  // namespace gridscope::views
