// SPDX-License-Identifier: GPL-3.0-or-later

// Reads the reference suite for the tests of core/quant, independently of core/checkpoint.
#pragma once

#include <QByteArray>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QString>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <vector>

#include "core/quant/matrix_view.h"

namespace gridscope::test {

struct SuiteMatrix {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<float> weights;

    MatrixView view() const { return {weights.data(), rows, columns}; }
};

inline QByteArray readAll(const std::filesystem::path& path) {
    QFile file(QString::fromStdString(path.string()));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline QJsonObject readJson(const std::filesystem::path& path) {
    return QJsonDocument::fromJson(readAll(path)).object();
}

/// FP16 bits as a float, from the definition of the format.
inline float halfToFloat(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
    const double size =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    return static_cast<float>(sign * size);
}

/// Matrices named "...weight" with two dimensions; all tensors of the suite are F16 or F32.
inline std::map<QString, SuiteMatrix> readMatrices(const std::filesystem::path& file) {
    const QByteArray bytes = readAll(file);
    std::map<QString, SuiteMatrix> matrices;
    if (bytes.size() < 8) return matrices;
    std::uint64_t headerLength = 0;
    std::memcpy(&headerLength, bytes.constData(), 8);
    const QJsonObject header =
        QJsonDocument::fromJson(bytes.mid(8, static_cast<qsizetype>(headerLength))).object();
    for (const QString& name : header.keys()) {
        const QJsonObject entry = header.value(name).toObject();
        const QJsonArray shape = entry.value(QStringLiteral("shape")).toArray();
        if (!name.endsWith(QStringLiteral(".weight")) || shape.size() != 2) continue;
        SuiteMatrix matrix;
        matrix.rows = shape.at(0).toInteger();
        matrix.columns = shape.at(1).toInteger();
        matrix.weights.resize(static_cast<std::size_t>(matrix.rows * matrix.columns));
        const qint64 offset =
            entry.value(QStringLiteral("data_offsets")).toArray().at(0).toInteger();
        const char* data = bytes.constData() + 8 + headerLength + offset;
        if (entry.value(QStringLiteral("dtype")).toString() == QStringLiteral("F32")) {
            std::memcpy(matrix.weights.data(), data, matrix.weights.size() * sizeof(float));
        } else {
            for (std::size_t i = 0; i < matrix.weights.size(); ++i) {
                std::uint16_t half = 0;
                std::memcpy(&half, data + 2 * i, 2);
                matrix.weights[i] = halfToFloat(half);
            }
        }
        matrices.emplace(name, std::move(matrix));
    }
    return matrices;
}

}  // namespace gridscope::test
