// SPDX-License-Identifier: GPL-3.0-or-later

// Runs gridscope-cli as a process of its own and keeps what it said.
#pragma once

#include <QJsonObject>
#include <QString>
#include <QStringList>

namespace gridscope::test {

struct CliResult {
    int exitCode = -1;  ///< -1 when it crashed or did not end in time
    QByteArray out;
    QByteArray error;

    /// stdout as one JSON object; empty if it is none.
    QJsonObject json() const;
    /// "code" of the error object on stdout.
    QString errorCode() const;
};

/// Path of the program.
QString cliProgram();

/// Runs it to its end, at most `seconds`.
CliResult runCli(const QStringList& arguments, int seconds = 540);

/// Writes `content` to `file`, or ends the test program.
void write(const QString& file, const QByteArray& content);
/// All of `file`; empty if it cannot be read.
QByteArray read(const QString& file);

/// A path below the reference data, as text.
QString sharedData(const char* path);

}  // namespace gridscope::test
