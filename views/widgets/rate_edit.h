// SPDX-License-Identifier: GPL-3.0-or-later

// A number of any size as text, such as a learning rate: "6e-4".
#pragma once

#include <QLineEdit>

#include <optional>

namespace gridscope::views {

class RateEdit : public QLineEdit {
    Q_OBJECT
public:
    RateEdit(const QString& objectName, const QString& accessibleName, QWidget* parent);

    /// Nothing while there is no number. Decimal points are read in every language.
    std::optional<double> value() const;
    /// There is text, but no number.
    bool isBroken() const;
    /// Leaves a text alone that says the same already.
    void setValue(std::optional<double> value);
};

}  // namespace gridscope::views
