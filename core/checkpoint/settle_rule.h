// SPDX-License-Identifier: GPL-3.0-or-later

// Tells the finished checkpoints of a folder that a training run still writes to.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/checkpoint/catalog.h"

namespace gridscope {

/// A checkpoint is settled once the catalogue finds nothing wrong with it (all shards there, every
/// tensor inside its file) and the names, sizes and times of its files have not changed for some
/// seconds. A folder that changes again starts its time anew; one that vanishes is forgotten.
/// Not thread-safe.
class SettleRule {
public:
    explicit SettleRule(double seconds) : m_seconds(seconds) {}

    /// Looks at the catalogue at the time `now` (steady seconds).
    /// @return ascending indices of the settled entries
    std::vector<std::size_t> settled(const CheckpointCatalog& catalog, double now);
    /// Entries of the last catalogue that are not settled yet.
    std::size_t waiting() const { return m_waiting; }

private:
    struct Seen {
        std::string fingerprint;
        double since = 0.0;
    };
    double m_seconds;
    std::map<std::string, Seen> m_seen;  ///< by folder
    std::size_t m_waiting = 0;
};

}  // namespace gridscope
