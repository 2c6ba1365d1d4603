// SPDX-License-Identifier: GPL-3.0-or-later

// One file with given bytes in a temporary folder of its own.
#pragma once

#include <QTemporaryDir>

#include <filesystem>
#include <fstream>
#include <string>

namespace gridscope::test {

class ScratchFile {
public:
    ScratchFile(const std::string& bytes, const std::string& name)
        : m_path(std::filesystem::path(m_folder.path().toStdString()) / name) {
        write(bytes);
    }
    void write(const std::string& bytes) const {
        std::ofstream(m_path, std::ios::binary | std::ios::trunc) << bytes;
    }
    const std::filesystem::path& path() const { return m_path; }

private:
    QTemporaryDir m_folder;
    std::filesystem::path m_path;
};

}  // namespace gridscope::test
