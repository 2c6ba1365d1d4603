// SPDX-License-Identifier: GPL-3.0-or-later

// Asks how wide the numbers of a .bin token file are.
#pragma once

#include <QComboBox>

namespace gridscope::views {

class DtypeBox : public QComboBox {
    Q_OBJECT
public:
    DtypeBox(const QString& objectName, const QString& accessibleName, QWidget* parent);

    /// "u16", or empty while nothing is chosen.
    QString dtype() const { return currentData().toString(); }
    void setDtype(const QString& dtype);
    /// Only a .bin needs a type.
    void setFile(const QString& file);
};

}  // namespace gridscope::views
