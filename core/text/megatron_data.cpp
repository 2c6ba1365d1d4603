// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/megatron_data.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <string>
#include <string_view>

namespace gridscope {

namespace {

namespace fs = std::filesystem;

struct ShardName {
    std::uint32_t number = 0;
    std::uint32_t last = 0;  ///< the number after "of"
};

bool takeNumber(std::string_view& text, std::uint32_t& number) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
    return true;
}

bool takeText(std::string_view& text, std::string_view wanted) {
    if (!text.starts_with(wanted)) return false;
    text.remove_prefix(wanted.size());
    return true;
}

/// `name` as STEM-NUMBER-of-LAST.bin.
std::optional<ShardName> parseShardName(std::string_view name, std::string_view stem) {
    ShardName shard;
    const bool parsed = takeText(name, stem) && takeText(name, "-") &&
                        takeNumber(name, shard.number) && takeText(name, "-of-") &&
                        takeNumber(name, shard.last) && name == ".bin";
    return parsed ? std::optional(shard) : std::nullopt;
}

/// The shards in order; empty if there are none.
Expected<std::vector<fs::path>> findShards(const fs::path& index) {
    const fs::path folder = index.has_parent_path() ? index.parent_path() : fs::path(".");
    const std::string stem = index.stem().string();
    std::map<std::uint32_t, fs::path> shards;
    std::optional<std::uint32_t> last;
    std::error_code failed;
    for (auto item = fs::directory_iterator(folder, failed);
         !failed && item != fs::directory_iterator(); item.increment(failed)) {
        const auto shard = parseShardName(item->path().filename().string(), stem);
        if (!shard) continue;
        if (last && *last != shard->last)
            return Error{ErrorCode::TokensFormat, item->path().string(),
                         "shards of " + std::to_string(*last) + " and of " +
                             std::to_string(shard->last) + " lie side by side",
                         "Keep the shards of one dataset beside its .idx"};
        last = shard->last;
        if (!shards.emplace(shard->number, item->path()).second)
            return Error{ErrorCode::TokensFormat, item->path().string(),
                         "the shard number " + std::to_string(shard->number) + " is there twice",
                         "Keep one of the two"};
    }
    std::vector<fs::path> paths;
    for (const auto& [number, path] : shards) {
        if (number != paths.size()) break;
        paths.push_back(path);
    }
    const std::size_t found = paths.size();
    if (last && (found != shards.size() || (found != *last && found != std::size_t{*last} + 1)))
        return Error{ErrorCode::TokensFormat, (folder / stem).string() + "-*.bin",
                     "shard " + std::to_string(found) + " is missing",
                     "Get all shards of the dataset"};
    return paths;
}

}  // namespace

Expected<MegatronData> MegatronData::find(FileOps& ops, const fs::path& index) {
    fs::path single = index;
    single.replace_extension(".bin");
    MegatronData data(ops);
    auto added = data.append(single);
    if (added) return data;
    if (added.error().code != ErrorCode::FileMissing) return added.error();
    GRIDSCOPE_TRY_ASSIGN(shards, findShards(index));
    if (shards.empty()) {
        Error error = added.error();
        error.hint = "Put the data, NAME.bin or all its shards, beside NAME.idx";
        return error;
    }
    for (const fs::path& shard : shards) GRIDSCOPE_TRY(data.append(shard));
    return data;
}

Expected<void> MegatronData::append(const fs::path& path) {
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(*m_ops, path));
    const auto status = file.status();
    if (!status) return status.error().inside(path.string());
    if (status->sizeBytes > std::numeric_limits<std::uint64_t>::max() - sizeBytes())
        return Error{ErrorCode::FileTooLarge, path.string(), "the shards exceed 2^64 bytes", {}};
    m_parts.push_back({path, sizeBytes() + status->sizeBytes});
    m_open = m_parts.size() - 1;
    m_file = std::move(file);
    return {};
}

std::uint64_t MegatronData::sizeBytes() const { return m_parts.empty() ? 0 : m_parts.back().end; }

/// One shard is open at a time, however many there are.
Expected<void> MegatronData::use(std::size_t part) {
    if (m_file && m_open == part) return {};
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(*m_ops, m_parts[part].path));
    m_file = std::move(file);
    m_open = part;
    return {};
}

Expected<void> MegatronData::readAt(std::span<std::byte> into, std::uint64_t offset) {
    while (!into.empty()) {
        const auto part =
            std::upper_bound(m_parts.begin(), m_parts.end(), offset,
                             [](std::uint64_t byte, const Part& p) { return byte < p.end; });
        const auto number = static_cast<std::size_t>(part - m_parts.begin());
        GRIDSCOPE_TRY(use(number));
        const std::uint64_t begin = number == 0 ? 0 : m_parts[number - 1].end;
        const auto piece = into.first(
            static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), part->end - offset)));
        if (auto read = m_file->readAt(piece, offset - begin); !read)
            return read.error().inside(part->path.string());
        into = into.subspan(piece.size());
        offset += piece.size();
    }
    return {};
}

}  // namespace gridscope
