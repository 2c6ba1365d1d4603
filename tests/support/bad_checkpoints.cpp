// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/bad_checkpoints.h"

#include <sys/stat.h>

#include <QtGlobal>

#include <algorithm>
#include <fstream>

#include "tests/support/tiny_checkpoint.h"
#include "tests/support/torch_archive_writer.h"

namespace gridscope::test {

namespace fs = std::filesystem;

namespace {

void writeText(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::string littleEndian(std::uint64_t value) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
    return bytes;
}

/// A safetensors file with this header and 8 bytes of data.
std::string withHeader(const std::string& header) {
    return littleEndian(header.size()) + header + std::string(8, '\0');
}

std::string oneTensor(const std::string& dtype, const std::string& shape,
                      const std::string& offsets) {
    return "{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}}";
}

void writePickle(const fs::path& folder, const std::string& pickle) {
    fs::remove(folder / "model.safetensors");
    writeText(folder / "pytorch_model.bin",
              writeZip(torchMembers(pickle, {{"0", std::string(24, '\0')}})));
}

void writeIndex(const fs::path& folder, const std::string& file) {
    fs::remove(folder / "model.safetensors");
    writeText(folder / "model.safetensors.index.json", "{\"weight_map\":{\"a\":\"" + file + "\"}}");
}

void writeView(const fs::path& folder, const std::function<void(PickledView&)>& change) {
    PickledView view;
    view.name = "w";
    view.elements = 6;
    view.sizes = {2, 3};
    view.strides = {3, 1};
    change(view);
    writePickle(folder, stateDictPickle({view}));
}

void addSafetensors(std::map<std::string, BadCheckpoint>& rows) {
    const auto add = [&](const char* id, const std::string& bytes, const char* code,
                         const char* where = "model.safetensors") {
        rows[id] = {[bytes](const fs::path& f) { writeText(f / "model.safetensors", bytes); }, code,
                    where};
    };
    add("S01", "1234567", "safetensors.too-small");
    add("S02", littleEndian(1ull << 63) + "{}", "safetensors.header-length");
    add("S03", withHeader("[1]"), "safetensors.header-json");
    add("S04", withHeader("{\"a\":{},\"a\":{}}"), "safetensors.duplicate-name",
        "model.safetensors, a");
    add("S05", withHeader(oneTensor("F32", "[1]", "[4,8]")), "safetensors.offsets",
        "model.safetensors, a");
    add("S06", withHeader(oneTensor("F32", "[1]", "[0,4]")), "safetensors.size-mismatch");
    add("S07", withHeader(oneTensor("F32", "[18446744073709551615,3]", "[0,8]")),
        "safetensors.shape", "model.safetensors, a");
    add("S08", withHeader(oneTensor("I3", "[2]", "[0,8]")), "safetensors.dtype",
        "model.safetensors, a");
}

void addArchives(std::map<std::string, BadCheckpoint>& rows) {
    const char* const pickle = "pytorch_model.bin, archive/data.pkl";
    rows["P01"] = {[](const fs::path& f) {
                       writePickle(f, PickleWriter().global("os", "system").text("id").finish());
                   },
                   "pickle.global", "pytorch_model.bin, archive/data.pkl, byte 2"};
    rows["P02"] = {[](const fs::path& f) {
                       writePickle(f, PickleWriter().raw(std::string(1'000'000, ']')).finish());
                   },
                   "pickle.malformed", "pytorch_model.bin, archive/data.pkl, byte 1000001"};
    rows["P02 self-reference"] = {[](const fs::path& f) {
                                      writePickle(f, PickleWriter()
                                                         .raw("]q\x01h\x01"
                                                              "a")
                                                         .finish());
                                  },
                                  "pickle.unsupported", pickle};
    rows["P03"] = {[](const fs::path& f) { writeView(f, [](auto& v) {
                                               v.strides = {3, -1};
                                           }); },
                   "pickle.view", "pytorch_model.bin, archive/data.pkl, w"};
    rows["P03 blow-up"] = {[](const fs::path& f) {
                               writeView(f, [](auto& v) {
                                   v.sizes = {1'000'000'000, 1'000'000'000};
                                   v.strides = {0, 0};
                               });
                           },
                           "pickle.view", "pytorch_model.bin, archive/data.pkl, w"};
    rows["P04"] = {[](const fs::path& f) {
                       writeTinyArchive(f / "pytorch_model.bin", 1.0f);
                       fs::remove(f / "model.safetensors");
                       fs::resize_file(f / "pytorch_model.bin",
                                       fs::file_size(f / "pytorch_model.bin") - 1);
                   },
                   "zip.format", "pytorch_model.bin"};
    rows["P04 compressed"] = {[](const fs::path& f) {
                                  std::vector<ZipEntry> members = torchMembers("x", {});
                                  members[0].method = 8;
                                  fs::remove(f / "model.safetensors");
                                  writeText(f / "pytorch_model.bin", writeZip(members));
                              },
                              "zip.unsupported", pickle};
}

void addFolders(std::map<std::string, BadCheckpoint>& rows) {
    const std::string pointer = "version https://git-lfs.github.com/spec/v1\n";
    rows["L01"] = {[](const fs::path& f) { writeIndex(f, "absent.safetensors"); }, "shards.missing",
                   "absent.safetensors"};
    rows["L02"] = {[](const fs::path& f) { writeIndex(f, "../step2/model.safetensors"); },
                   "shards.outside-folder", "model.safetensors.index.json, a"};
    rows["L03"] = {[=](const fs::path& f) { writeText(f / "model.safetensors", pointer); },
                   "file.lfs-pointer", "model.safetensors"};
    rows["L03 configuration"] = {[=](const fs::path& f) { writeText(f / "config.json", pointer); },
                                 "file.lfs-pointer", "config.json"};
    rows["L04"] = {[](const fs::path& f) { writeText(f / "model.safetensors", "<html>"); },
                   "file.wrong-type", "model.safetensors"};
    rows["L04 ZIP"] = {[](const fs::path& f) { writeTinyArchive(f / "model.safetensors", 1.0f); },
                       "file.wrong-type", "model.safetensors"};
    rows["L05"] = {[](const fs::path& f) {
                       writeTinyArchive(f / "pytorch_model.bin", 1.0f);
                       writeText(f / "model.safetensors", "bad");
                   },
                   "safetensors.too-small", "model.safetensors"};
    rows["F03 FIFO"] = {[](const fs::path& f) {
                            fs::remove(f / "model.safetensors");
                            if (::mkfifo((f / "model.safetensors").c_str(), 0600) != 0)
                                qFatal("no FIFO");
                        },
                        "file.not-regular", "model.safetensors"};
    rows["F03 empty"] = {[](const fs::path& f) {
                             fs::remove(f / "model.safetensors");
                             writeText(f / "pytorch_model.bin", "");
                         },
                         "file.wrong-type", "pytorch_model.bin"};
    rows["F04"] = {[](const fs::path& f) { fs::remove(f / "model.safetensors"); }, "file.missing",
                   ""};
}

}  // namespace

std::map<std::string, BadCheckpoint> badCheckpoints() {
    std::map<std::string, BadCheckpoint> rows;
    addSafetensors(rows);
    addArchives(rows);
    addFolders(rows);
    return rows;
}

}  // namespace gridscope::test
