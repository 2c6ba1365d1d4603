// SPDX-License-Identifier: GPL-3.0-or-later

// torch.save archives: members lie apart inside the file, and all tensors can be read.

#include <algorithm>
#include <vector>

#include "core/checkpoint/torch_archive_source.h"
#include "core/checkpoint/zip_directory.h"
#include "tests/fuzz/fuzz_targets.h"

namespace gridscope::fuzz {

namespace {

void checkMembers(const ZipDirectory& directory, std::uint64_t sizeBytes) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (std::size_t i = 0; i < directory.members.size(); ++i) {
        const ZipMember& member = directory.members[i];
        require(i == 0 || directory.members[i - 1].name < member.name, "sorted, each name once");
        require(directory.find(member.name) == &member, "found by its name");
        require(member.payloadOffset <= sizeBytes &&
                    member.sizeBytes <= sizeBytes - member.payloadOffset,
                "a payload lies in the file");
        require(member.headerOffset < member.payloadOffset, "the header comes first");
        require(member.name.find('\0') == std::string::npos &&
                    member.name.find('\\') == std::string::npos && !member.name.starts_with("/"),
                "a member's name");
        ranges.emplace_back(member.payloadOffset, member.payloadOffset + member.sizeBytes);
    }
    std::sort(ranges.begin(), ranges.end());
    for (std::size_t i = 1; i < ranges.size(); ++i)
        require(ranges[i - 1].second <= ranges[i].first, "payloads do not overlap");
}

}  // namespace

Outcome fuzzZip(std::string_view bytes) {
    const MemoryBytes archive(std::as_bytes(std::span(bytes)));
    const auto directory = readZipDirectory(archive, "model.pt");
    if (!directory) return refused(directory.error(), "model.pt");
    checkMembers(*directory, bytes.size());
    MemoryFileOps ops;
    ops.put("model.pt", bytes);
    const auto source = TorchArchiveSource::open(ops, "model.pt");
    if (!source) return refused(source.error(), "model.pt");
    Outcome outcome{true, {}};
    for (std::size_t i = 0; i < (*source)->tensors().size(); ++i) {
        const TensorInfo& tensor = (*source)->tensors()[i];
        require(tensor.elements <= bytes.size(), "an element takes at least a byte");
        std::vector<float> values(static_cast<std::size_t>(tensor.elements));
        outcome.digest += tensor.name;
        const auto report = (*source)->readFloats(i, values);
        if (!report && isWeightDtype(tensor.dtype)) return refused(report.error(), "model.pt");
        if (report) outcome.digest += " " + report->contentSha256 + "\n";
    }
    return outcome;
}

}  // namespace gridscope::fuzz
