// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/settle_rule.h"

#include <algorithm>

namespace gridscope {

namespace {

namespace fs = std::filesystem;

/// Names, sizes and times of the files of a checkpoint; empty if they cannot be told.
std::string fingerprintOf(const fs::path& folder) {
    std::vector<std::string> lines;
    std::error_code error;
    for (fs::directory_iterator item(folder, error); !error && item != fs::directory_iterator();
         item.increment(error)) {
        std::error_code failed;
        if (!item->is_regular_file(failed)) continue;
        const auto size = item->file_size(failed);
        if (failed) return {};
        const auto time = item->last_write_time(failed);
        if (failed) return {};
        lines.push_back(item->path().filename().string() + ":" + std::to_string(size) + ":" +
                        std::to_string(time.time_since_epoch().count()));
    }
    if (error) return {};
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

}  // namespace

std::vector<std::size_t> SettleRule::settled(const CheckpointCatalog& catalog, double now) {
    std::map<std::string, Seen> seen;
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < catalog.entries.size(); ++i) {
        const CheckpointEntry& entry = catalog.entries[i];
        const std::string folder = entry.folder.string();
        std::string fingerprint = fingerprintOf(entry.folder);
        const auto before = m_seen.find(folder);
        const bool same = before != m_seen.end() && before->second.fingerprint == fingerprint;
        const double since = same ? before->second.since : now;
        if (entry.usable() && !fingerprint.empty() && now - since >= m_seconds)
            indices.push_back(i);
        seen.emplace(folder, Seen{std::move(fingerprint), since});
    }
    m_seen = std::move(seen);
    m_waiting = catalog.entries.size() - indices.size();
    return indices;
}

}  // namespace gridscope
