// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/sharded_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/numbers.h"
#include "core/checkpoint/file_type.h"
#include "core/checkpoint/hub_cache.h"

namespace gridscope {

namespace {

namespace fs = std::filesystem;

/// Errors of a file that ends too early. One that is too long, or was never one, is not cut.
bool isCut(const Error& error) { return error.hint == kIncompleteHint; }

Expected<std::unique_ptr<TensorSource>> openShard(FileOps& ops, const fs::path& path) {
    const fs::path boundary = linkBoundary(path.parent_path());
    if (!staysInside(path, boundary))
        return Error{ErrorCode::ShardsOutsideFolder, path.string(),
                     "is a link that leads out of " + boundary.string(),
                     "Put the file itself beside the index"};
    auto shard = openSingleFile(ops, path);
    if (shard) return shard;
    const Error& error = shard.error();
    if (error.code == ErrorCode::FileMissing)
        return Error{ErrorCode::ShardsMissing, path.string(),
                     "the index names this file, the folder does not have it",
                     "Fetch the checkpoint again"};
    if (isCut(error))
        return Error{ErrorCode::ShardsMissing, error.where, "is not complete: " + error.what,
                     "Fetch the file again"};
    return error;
}

const std::string* fileOf(const ShardIndex& index, const std::string& tensor) {
    const auto found = std::lower_bound(
        index.weightMap.begin(), index.weightMap.end(), tensor,
        [](const auto& entry, const std::string& name) { return entry.first < name; });
    return found != index.weightMap.end() && found->first == tensor ? &found->second : nullptr;
}

Expected<std::string> readIndex(PinnedFile& pinned) {
    const std::string where = pinned.path().string();
    if (pinned.sizeBytes() > kLargestShardIndex)
        return Error{
            ErrorCode::ShardsIndex,
            where,
            "has " + std::to_string(pinned.sizeBytes()) + " bytes, at most 64 MiB are read",
            {}};
    GRIDSCOPE_TRY_ASSIGN(file, pinned.file());
    std::string text(static_cast<std::size_t>(pinned.sizeBytes()), '\0');
    if (auto read = file->readAt(std::as_writable_bytes(std::span(text)), 0); !read)
        return read.error().inside(where);
    pinned.close();
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string::npos && text[first] == '<')
        return Error{ErrorCode::FileWrongType, where,
                     "is named .json but is a saved web page or error message",
                     "Fetch the file again"};
    return text;
}

}  // namespace

Expected<std::unique_ptr<TensorSource>> ShardedSource::open(FileOps& ops, const fs::path& path) {
    GRIDSCOPE_TRY_ASSIGN(pinned, PinnedFile::open(ops, path));
    GRIDSCOPE_TRY_ASSIGN(text, readIndex(pinned));
    if (auto standIn = standInError(text, path.string())) return *std::move(standIn);
    GRIDSCOPE_TRY_ASSIGN(index, parseShardIndex(text, path.string()));
    std::unique_ptr<ShardedSource> source(new ShardedSource(std::move(pinned)));
    for (const std::string& file : index.files) GRIDSCOPE_TRY(source->addShard(ops, index, file));
    GRIDSCOPE_TRY(source->checkComplete(index));
    source->compareTotalSize(index);
    return std::unique_ptr<TensorSource>(std::move(source));
}

Expected<void> ShardedSource::addShard(FileOps& ops, const ShardIndex& index,
                                       const std::string& file) {
    const fs::path path = m_index.path().parent_path() / file;
    GRIDSCOPE_TRY_ASSIGN(shard, openShard(ops, path));
    shard->closeFiles();
    for (std::size_t i = 0; i < shard->tensors().size(); ++i) {
        const TensorInfo& info = shard->tensors()[i];
        const std::string* listed = fileOf(index, info.name);
        if (listed == nullptr || *listed != file)
            return Error{
                ErrorCode::ShardsTensor, path.string() + ", " + escapeForDisplay(info.name),
                listed == nullptr ? "the tensor is not in the index"
                                  : "the index places the tensor in " + escapeForDisplay(*listed),
                "Fetch the checkpoint again"};
        m_tensors.push_back(info);
        m_places.push_back({m_shards.size(), i});
    }
    for (Warning& warning : shard->warnings()) m_warnings.push_back(std::move(warning));
    m_shards.push_back(std::move(shard));
    return {};
}

/// addShard has seen to it that every tensor found is listed and in its place.
Expected<void> ShardedSource::checkComplete(const ShardIndex& index) const {
    if (m_tensors.size() == index.weightMap.size()) return {};
    std::vector<std::string> found;
    for (const TensorInfo& info : m_tensors) found.push_back(info.name);
    std::sort(found.begin(), found.end());
    for (const auto& entry : index.weightMap) {
        if (!std::binary_search(found.begin(), found.end(), entry.first))
            return Error{ErrorCode::ShardsTensor,
                         m_index.path().string() + ", " + escapeForDisplay(entry.first),
                         "the tensor is not in " + escapeForDisplay(entry.second) +
                             ", where the index places it",
                         "Fetch the checkpoint again"};
    }
    return Error{ErrorCode::Internal, m_index.path().string(), "tensors counted twice", {}};
}

void ShardedSource::compareTotalSize(const ShardIndex& index) {
    std::uint64_t bytes = 0;
    for (const TensorInfo& info : m_tensors) bytes += info.storedBytes;
    if (!index.totalSize || *index.totalSize == static_cast<double>(bytes)) return;
    m_warnings.push_back({ErrorCode::ShardsIndex, m_index.path().string(),
                          "total_size says " + formatNumber(*index.totalSize) +
                              " bytes, the tensors have " + std::to_string(bytes)});
}

Expected<TensorSource*> ShardedSource::shardOf(std::size_t index) {
    if (index >= m_places.size())
        return Error{ErrorCode::Internal,
                     m_index.path().string(),
                     "tensor " + std::to_string(index) + " asked for, the shards have " +
                         std::to_string(m_places.size()),
                     {}};
    const std::size_t shard = m_places[index].shard;
    if (shard != m_current) m_shards[m_current]->closeFiles();
    m_current = shard;
    return m_shards[shard].get();
}

Expected<TensorReadReport> ShardedSource::readFloats(std::size_t index, std::span<float> into) {
    GRIDSCOPE_TRY_ASSIGN(shard, shardOf(index));
    return shard->readFloats(m_places[index].tensor, into);
}

Expected<void> ShardedSource::readValues(std::size_t index, std::span<float> into) {
    GRIDSCOPE_TRY_ASSIGN(shard, shardOf(index));
    return shard->readValues(m_places[index].tensor, into);
}

Expected<void> ShardedSource::checkUnchanged() {
    GRIDSCOPE_TRY(m_index.checkUnchanged());
    for (const auto& shard : m_shards) GRIDSCOPE_TRY(shard->checkUnchanged());
    return {};
}

void ShardedSource::closeFiles() {
    for (const auto& shard : m_shards) shard->closeFiles();
}

std::vector<fs::path> ShardedSource::files() const {
    std::vector<fs::path> files;
    for (const auto& shard : m_shards) {
        for (fs::path& file : shard->files()) files.push_back(std::move(file));
    }
    return files;
}

}  // namespace gridscope
