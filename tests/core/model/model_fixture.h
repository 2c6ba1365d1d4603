// SPDX-License-Identifier: GPL-3.0-or-later

// Reference checkpoints for tests: loaded, scored, and rewritten with other tensors or settings.
#pragma once

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/checkpoint/catalog.h"
#include "core/checkpoint/safetensors_writer.h"
#include "core/checkpoint/tensor_source.h"
#include "core/model/scorer.h"
#include "core/text/token_file.h"

namespace gridscope::test {

/// The value, or the end of the test program with the error's text.
template <class T>
T orDie(Expected<T> value) {
    if (!value) qFatal("%s", value.error().toText().c_str());
    return *std::move(value);
}

inline QJsonObject readJson(const std::filesystem::path& file) {
    QFile json(QString::fromStdString(file.string()));
    if (!json.open(QIODevice::ReadOnly)) qFatal("no %s", file.c_str());
    return QJsonDocument::fromJson(json.readAll()).object();
}

inline void writeJson(const std::filesystem::path& file, const QJsonObject& object) {
    QFile json(QString::fromStdString(file.string()));
    if (!json.open(QIODevice::WriteOnly)) qFatal("cannot write %s", file.c_str());
    json.write(QJsonDocument(object).toJson());
}

inline std::shared_ptr<const ModelWeights> loadModel(const std::filesystem::path& folder) {
    NullProgress progress;
    const auto catalog = orDie(scanFolder(systemFileOps(), folder, progress, {}));
    return orDie(
        loadModelWeights(systemFileOps(), catalog.entries.front(), NonFinitePolicy::Refuse, {}));
}

inline EvalWindows readWindows(const std::filesystem::path& file, WindowSettings settings) {
    const auto tokens = orDie(readTokenFile(systemFileOps(), file, std::nullopt));
    return orDie(cutWindows(tokens, settings, file.string()));
}

/// The last `count` floats of an .npy, whose header these tests need not read.
inline std::vector<float> lastFloats(const std::filesystem::path& file, std::size_t count) {
    QFile npy(QString::fromStdString(file.string()));
    if (!npy.open(QIODevice::ReadOnly)) qFatal("no %s", file.c_str());
    const QByteArray bytes = npy.readAll();
    const auto size = static_cast<qsizetype>(count * sizeof(float));
    if (bytes.size() < size) qFatal("%s is too short", file.c_str());
    std::vector<float> values(count);
    std::memcpy(values.data(), bytes.constData() + bytes.size() - size,
                static_cast<std::size_t>(size));
    return values;
}

/// Nats per scored token.
inline double mean(const std::vector<double>& sums, const EvalWindows& windows) {
    return std::accumulate(sums.begin(), sums.end(), 0.0) /
           static_cast<double>(windows.scoredTokens());
}

inline std::vector<float> logitsOf(const std::shared_ptr<const ModelWeights>& weights,
                                   const EvalWindows& windows) {
    Scorer scorer(weights, windows, {}, {});
    std::vector<float> logits;
    const auto done = scorer.logits(
        [&](std::span<const float> piece) -> Expected<void> {
            logits.insert(logits.end(), piece.begin(), piece.end());
            return {};
        },
        {});
    if (!done) qFatal("%s", done.error().toText().c_str());
    return logits;
}

/// Negative log-likelihood of every window, nats.
inline std::vector<double> nllOf(const std::shared_ptr<const ModelWeights>& weights,
                                 const EvalWindows& windows) {
    Scorer scorer(weights, windows, {}, {});
    const auto states = orDie(scorer.hidden({}));
    return orDie(scorer.score(states, {}, {})).front().nll;
}

/// A tensor as it stands in a file.
struct StoredTensor {
    std::string name;
    std::vector<std::uint64_t> shape;
    std::vector<float> values;
};

inline std::vector<StoredTensor> readTensors(const std::filesystem::path& folder) {
    const auto source = orDie(openTensorSource(systemFileOps(), folder / "model.safetensors"));
    std::vector<StoredTensor> tensors;
    for (std::size_t i = 0; i < source->tensors().size(); ++i) {
        const TensorInfo& info = source->tensors()[i];
        tensors.push_back({info.name, info.shape, std::vector<float>(info.elements)});
        orDie(source->readFloats(i, tensors.back().values));
    }
    return tensors;
}

inline StoredTensor& tensorNamed(std::vector<StoredTensor>& tensors, const std::string& name) {
    for (StoredTensor& tensor : tensors) {
        if (tensor.name == name) return tensor;
    }
    qFatal("no tensor %s", name.c_str());
}

/// [rows, columns] as [columns, rows].
inline std::vector<float> transposed(const std::vector<float>& values, std::size_t rows,
                                     std::size_t columns) {
    std::vector<float> out(values.size());
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column)
            out[column * rows + row] = values[row * columns + column];
    }
    return out;
}

/// Writes a checkpoint folder of these tensors.
inline void writeCheckpoint(const std::filesystem::path& folder, const QJsonObject& config,
                            const std::vector<StoredTensor>& tensors) {
    std::filesystem::create_directories(folder);
    writeJson(folder / "config.json", config);
    std::vector<TensorToWrite> out;
    for (const StoredTensor& tensor : tensors)
        out.push_back({tensor.name, tensor.shape, tensor.values});
    const auto done = writeSafetensors(systemFileOps(), folder / "model.safetensors", out, {});
    if (!done) qFatal("%s", done.error().toText().c_str());
}

}  // namespace gridscope::test
