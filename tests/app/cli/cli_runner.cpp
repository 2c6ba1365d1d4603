// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/app/cli/cli_runner.h"

#include <QFile>
#include <QJsonDocument>
#include <QProcess>

#include "tests/support/test_data.h"

namespace gridscope::test {

QJsonObject CliResult::json() const { return QJsonDocument::fromJson(out).object(); }

QString CliResult::errorCode() const {
    return json()[QStringLiteral("error")].toObject()[QStringLiteral("code")].toString();
}

QString cliProgram() { return QString::fromStdString((binFolder() / "gridscope-cli").string()); }

CliResult runCli(const QStringList& arguments, int seconds) {
    QProcess process;
    process.start(cliProgram(), arguments);
    CliResult result;
    if (!process.waitForFinished(seconds * 1000)) {
        process.kill();
        process.waitForFinished();
        result.error = "did not end in time: " + process.readAllStandardError();
        return result;
    }
    if (process.exitStatus() == QProcess::NormalExit) result.exitCode = process.exitCode();
    result.out = process.readAllStandardOutput();
    result.error = process.readAllStandardError();
    return result;
}

void write(const QString& file, const QByteArray& content) {
    QFile out(file);
    if (!out.open(QIODevice::WriteOnly)) qFatal("cannot write %s", qPrintable(file));
    out.write(content);
}

QByteArray read(const QString& file) {
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

QString sharedData(const char* path) {
    return QString::fromStdString((sharedFolder() / "data" / path).string());
}

}  // namespace gridscope::test
