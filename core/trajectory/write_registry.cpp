// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/write_registry_impl.h"

#include <map>
#include <mutex>

namespace gridscope {

namespace {

struct Registry {
    std::mutex mutex;
    std::map<std::filesystem::path, std::optional<FileIdentity>> files;
};

/// Process-wide by its purpose: it guards against a second owner anywhere in the process.
Registry& registry() {
    static Registry instance;
    return instance;
}

}  // namespace

std::optional<WriteRegistration> WriteRegistration::claim(
    const std::filesystem::path& canonicalPath, std::optional<FileIdentity> identity) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    for (const auto& [path, known] : all.files) {
        if (path == canonicalPath || (identity && known == identity)) return std::nullopt;
    }
    all.files.emplace(canonicalPath, identity);
    return WriteRegistration(canonicalPath);
}

WriteRegistration::WriteRegistration(WriteRegistration&& other) noexcept
    : m_path(std::exchange(other.m_path, {})) {}

WriteRegistration::~WriteRegistration() {
    if (m_path.empty()) return;
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    all.files.erase(m_path);
}

void WriteRegistration::setIdentity(FileIdentity identity) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    all.files[m_path] = identity;
}

}  // namespace gridscope
