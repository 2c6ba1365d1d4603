// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/tiny_checkpoint.h"

#include <QtGlobal>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "core/checkpoint/safetensors_writer.h"
#include "core/model/model_config.h"
#include "tests/support/torch_archive_writer.h"

namespace gridscope::test {

namespace {

struct TinyTensor {
    std::string name;
    std::vector<std::uint64_t> shape;
    std::vector<float> values;
};

std::vector<TinyTensor> tinyTensors(float first) {
    const auto config = parseModelConfig(kTinyConfig, "config.json");
    if (!config) qFatal("%s", config.error().toText().c_str());
    std::vector<TinyTensor> tensors;
    for (const TensorSpec& spec : expectedTensors(*config)) {
        TinyTensor tensor;
        tensor.name = spec.name;
        std::size_t count = 1;
        for (const std::int64_t size : spec.shape) {
            tensor.shape.push_back(static_cast<std::uint64_t>(size));
            count *= static_cast<std::size_t>(size);
        }
        for (std::size_t i = 0; i < count; ++i)
            tensor.values.push_back(first + 0.25f * static_cast<float>(i));
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

void writeText(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    if (!file.flush()) qFatal("cannot write %s", path.c_str());
}

void writeSafe(const std::filesystem::path& path, std::span<const TinyTensor> tensors) {
    std::vector<TensorToWrite> views;
    for (const TinyTensor& tensor : tensors)
        views.push_back({tensor.name, tensor.shape, tensor.values});
    const auto written = writeSafetensors(systemFileOps(), path, views, {});
    if (!written) qFatal("%s", written.error().toText().c_str());
}

}  // namespace

void writeTinyWeights(const std::filesystem::path& file, float first) {
    writeSafe(file, tinyTensors(first));
}

void writeTinyArchive(const std::filesystem::path& file, float first) {
    std::vector<NamedBytes> tensors;
    for (const TinyTensor& tensor : tinyTensors(first)) {
        const auto bytes = std::as_bytes(std::span(tensor.values));
        tensors.push_back({tensor.name,
                           "FloatStorage",
                           {tensor.shape.begin(), tensor.shape.end()},
                           {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
    }
    writeText(file, torchArchive(tensors));
}

void writeTinyCheckpoint(const std::filesystem::path& folder, float first) {
    std::filesystem::create_directories(folder);
    writeText(folder / "config.json", kTinyConfig);
    writeTinyWeights(folder / "model.safetensors", first);
}

void writeTinyShards(const std::filesystem::path& folder, float first) {
    std::filesystem::create_directories(folder);
    writeText(folder / "config.json", kTinyConfig);
    const std::vector<TinyTensor> tensors = tinyTensors(first);
    const std::span<const TinyTensor> all(tensors);
    const std::size_t half = all.size() / 2;
    const std::string names[2] = {"model-00001-of-00002.safetensors",
                                  "model-00002-of-00002.safetensors"};
    writeSafe(folder / names[0], all.first(half));
    writeSafe(folder / names[1], all.subspan(half));
    std::string map;
    for (std::size_t i = 0; i < all.size(); ++i)
        map += (i == 0 ? "\"" : ",\"") + all[i].name + "\":\"" + names[i < half ? 0 : 1] + "\"";
    writeText(folder / "model.safetensors.index.json",
              "{\"metadata\":{\"total_size\":" + std::to_string(4 * tinyParameters()) +
                  "},\"weight_map\":{" + map + "}}\n");
}

std::uint64_t tinyParameters() {
    std::uint64_t count = 0;
    for (const TinyTensor& tensor : tinyTensors(0.0f)) count += tensor.values.size();
    return count;
}

}  // namespace gridscope::test
