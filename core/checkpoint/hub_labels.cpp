// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/hub_labels.h"

#include <algorithm>

namespace gridscope {

namespace {

/// The label of a revision; of one with slashes its last part counts, unless that is a bare number
/// such as that of a pull request.
CheckpointLabel labelOfRef(const std::string& ref) {
    const std::size_t slash = ref.rfind('/');
    const std::string leaf = slash == std::string::npos ? ref : ref.substr(slash + 1);
    const bool bareNumber = leaf.find_first_not_of("0123456789") == std::string::npos;
    CheckpointLabel label =
        parseCheckpointLabel(slash != std::string::npos && bareNumber ? ref : leaf);
    label.text = ref;
    return label;
}

}  // namespace

SnapshotName nameSnapshot(const SnapshotNaming& naming) {
    SnapshotName name;
    name.run = naming.repository;
    name.aliases = naming.refs;
    const auto chosen =
        std::find_if(naming.refs.begin(), naming.refs.end(),
                     [](const std::string& ref) { return labelOfRef(ref).step.has_value(); });
    const std::size_t slash = naming.repository.rfind('/');
    const CheckpointLabel ofRepository = parseCheckpointLabel(
        slash == std::string::npos ? naming.repository : naming.repository.substr(slash + 1));
    const CheckpointLabel ofOuter = parseCheckpointLabel(naming.outerFolder);
    if (ofOuter.step) {
        name.label = ofOuter;
    } else if (chosen != naming.refs.end()) {
        name.label = labelOfRef(*chosen);
    } else if (ofRepository.step && !ofRepository.prefix.empty()) {
        // One repository per step: those of one run differ only in what follows the prefix.
        name.label = ofRepository;
        name.run = (slash == std::string::npos ? "" : naming.repository.substr(0, slash + 1)) +
                   ofRepository.prefix;
    } else if (!naming.refs.empty()) {
        name.label = labelOfRef(naming.refs.front());
    } else {
        name.label = parseCheckpointLabel(naming.commit);
    }
    const auto used = std::find(name.aliases.begin(), name.aliases.end(), name.label.text);
    if (used != name.aliases.end()) name.aliases.erase(used);
    return name;
}

}  // namespace gridscope
