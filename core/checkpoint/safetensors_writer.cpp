// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/safetensors_writer.h"

#include <bit>
#include <nlohmann/json.hpp>

#include "core/base/replacement_file.h"
#include "core/checkpoint/safetensors_header.h"

namespace gridscope {

namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they are");

/// The JSON text, keys in file order, padded so that the data starts at a multiple of 8.
std::string headerText(std::span<const TensorToWrite> tensors,
                       const std::vector<std::pair<std::string, std::string>>& metadata) {
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    for (const auto& [key, value] : metadata) header["__metadata__"][key] = value;
    std::uint64_t end = 0;
    std::string text = header.dump();
    text.pop_back();
    for (const TensorToWrite& tensor : tensors) {
        nlohmann::ordered_json entry;
        entry["dtype"] = "F32";
        entry["shape"] = tensor.shape;
        entry["data_offsets"] = {end, end + tensor.values.size_bytes()};
        end += tensor.values.size_bytes();
        // Joined by hand: a repeated name must stay visible for the check that follows.
        text +=
            (text.size() > 1 ? "," : "") + nlohmann::json(tensor.name).dump() + ":" + entry.dump();
    }
    text += "}";
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

std::string littleEndian(std::uint64_t value) {
    std::string bytes;
    for (int i = 0; i < 8; ++i)
        bytes += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
    return bytes;
}

Expected<void> writeContent(const ReplacementFile& file, std::string_view header,
                            std::span<const TensorToWrite> tensors) {
    const std::string start = littleEndian(header.size()) + std::string(header);
    GRIDSCOPE_TRY(file.writeAt(std::as_bytes(std::span(start)), 0));
    std::uint64_t offset = start.size();
    for (const TensorToWrite& tensor : tensors) {
        GRIDSCOPE_TRY(file.writeAt(std::as_bytes(tensor.values), offset));
        offset += tensor.values.size_bytes();
    }
    return {};
}

std::uint64_t totalBytes(std::string_view header, std::span<const TensorToWrite> tensors) {
    std::uint64_t total = 8 + header.size();
    for (const TensorToWrite& tensor : tensors) total += tensor.values.size_bytes();
    return total;
}

}  // namespace

Expected<void> writeSafetensors(FileOps& ops, const std::filesystem::path& path,
                                std::span<const TensorToWrite> tensors,
                                const std::vector<std::pair<std::string, std::string>>& metadata) {
    std::string header;
    try {
        header = headerText(tensors, metadata);
    } catch (const nlohmann::json::exception&) {
        return Error{ErrorCode::SafetensorsHeaderJson,
                     path.string(),
                     "a tensor name or a metadata string is not UTF-8",
                     {}};
    }
    // What is written must pass the reader's rules: names, shapes, sizes.
    GRIDSCOPE_TRY(parseSafetensorsHeader(header, totalBytes(header, tensors), path.string()));
    GRIDSCOPE_TRY_ASSIGN(file, ReplacementFile::create(ops, path));
    GRIDSCOPE_TRY(writeContent(file, header, tensors));
    return file.finish();
}

}  // namespace gridscope
