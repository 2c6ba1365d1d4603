// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/widgets/dtype_box.h"

#include <algorithm>

namespace gridscope::views {

DtypeBox::DtypeBox(const QString& objectName, const QString& accessibleName, QWidget* parent)
    : QComboBox(parent) {
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    addItem(tr("choose"), QString());
    for (const char* type : {"u8", "u16", "u32", "i32", "i64"})
        addItem(QString::fromLatin1(type), QString::fromLatin1(type));
}

void DtypeBox::setDtype(const QString& dtype) { setCurrentIndex(std::max(0, findData(dtype))); }

void DtypeBox::setFile(const QString& file) { setEnabled(file.endsWith(QStringLiteral(".bin"))); }

}  // namespace gridscope::views
