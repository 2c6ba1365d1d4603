// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/probe/row_book.h"

#include <algorithm>

namespace gridscope {

namespace {

/// Commits of rows that come faster than this are taken together (reliability.md 4.2).
constexpr std::chrono::milliseconds kCommitSpacing{1000};

/// The row of the file that belongs to a checkpoint: same label, same source file if possible.
std::shared_ptr<const ProbeRecord> storedRow(const Trajectory& stored, const CheckpointEntry& entry,
                                             const std::string& fingerprint) {
    std::shared_ptr<const ProbeRecord> found;
    for (const auto& row : stored.rows) {
        if (row->label != entry.label.text) continue;
        if (!found || row->sourceFingerprint == fingerprint) found = row;
    }
    return found;
}

std::shared_ptr<ProbeRecord> newRow(const CheckpointEntry& entry, const std::string& fingerprint) {
    auto row = std::make_shared<ProbeRecord>();
    row->label = entry.label.text;
    const std::optional<TrainingStep> step = entry.position ? entry.position : entry.label.step;
    row->step = step ? step->value : -1;
    row->stage = entry.label.stageRank;
    row->tokensSeen = entry.label.tokensSeen.value_or(kNotMeasured);
    row->source = entry.folder.string();
    row->sourceFingerprint = fingerprint;
    return row;
}

}  // namespace

std::string sourceFingerprint(const CheckpointEntry& entry) {
    std::string fingerprint = std::to_string(entry.bytes);
    for (const std::filesystem::path& file : entry.weightsFiles) {
        std::error_code failed;
        const auto time = std::filesystem::last_write_time(file, failed);
        if (failed) return {};
        fingerprint += ":" + std::to_string(time.time_since_epoch().count());
    }
    return entry.weightsFiles.empty() ? std::string() : fingerprint;
}

RowBook::RowBook(const ProbePlan& plan, TrajectoryStore& store,
                 std::function<void(std::shared_ptr<const Trajectory>)> onSnapshot,
                 AskAboutStorage onStorageFailure)
    : m_plan(&plan),
      m_store(&store),
      m_onSnapshot(std::move(onSnapshot)),
      m_onStorageFailure(std::move(onStorageFailure)) {
    const std::shared_ptr<const Trajectory> stored = store.snapshot();
    for (const CheckpointEntry& entry : plan.checkpoints) {
        const std::string fingerprint = sourceFingerprint(entry);
        std::shared_ptr<const ProbeRecord> row = storedRow(*stored, entry, fingerprint);
        m_trusted.push_back(row && !fingerprint.empty() && row->sourceFingerprint == fingerprint &&
                            !row->contentSha256.empty());
        m_rows.push_back(row ? row : newRow(entry, fingerprint));
    }
}

bool RowBook::hasWeights(std::size_t checkpoint) const {
    const ProbeRecord& row = *m_rows[checkpoint];
    return !row.layers.empty() &&
           std::all_of(m_plan->gridIds.begin(), m_plan->gridIds.end(), [&](const auto& id) {
               const auto grid = row.grids.find(id);
               return grid != row.grids.end() && !grid->second.layers.empty();
           });
}

bool RowBook::hasPerplexity(std::size_t checkpoint) const {
    const ProbeRecord& row = *m_rows[checkpoint];
    return std::all_of(m_plan->gridIds.begin(), m_plan->gridIds.end(), [&](const auto& id) {
        const auto grid = row.grids.find(id);
        return grid != row.grids.end() && grid->second.status == RowStatus::Complete;
    });
}

Expected<void> RowBook::identify(std::size_t checkpoint, const std::string& contentSha256) {
    const CheckpointEntry& entry = m_plan->checkpoints[checkpoint];
    const ProbeRecord& row = *m_rows[checkpoint];
    const std::string fingerprint = sourceFingerprint(entry);
    if (!row.contentSha256.empty() && row.contentSha256 != contentSha256) {
        const ConflictPolicy policy = m_plan->settings.onConflict;
        if (policy == ConflictPolicy::Refuse || policy == ConflictPolicy::Keep)
            return Error{ErrorCode::TrajectoryConflict, row.label,
                         "was measured on other weights (content " +
                             row.contentSha256.substr(0, 8) + ", now " +
                             contentSha256.substr(0, 8) + ")",
                         "Choose --on-conflict replace, keep or both"};
        std::shared_ptr<ProbeRecord> fresh = newRow(entry, fingerprint);
        fresh->contentSha256 = contentSha256;
        if (policy == ConflictPolicy::Replace)
            GRIDSCOPE_TRY(write([&] { return m_store->replaceLabel(fresh->label, fresh); }));
        m_rows[checkpoint] = std::move(fresh);
    } else if (row.contentSha256.empty() || row.sourceFingerprint != fingerprint) {
        auto known = std::make_shared<ProbeRecord>(row);
        known->contentSha256 = contentSha256;
        known->sourceFingerprint = fingerprint;
        known->source = entry.folder.string();
        m_rows[checkpoint] = std::move(known);
    }
    m_trusted[checkpoint] = true;
    return {};
}

Expected<void> RowBook::update(std::size_t checkpoint, ProbeRecord record) {
    m_rows[checkpoint] = std::make_shared<ProbeRecord>(std::move(record));
    // A newer state of the same row takes the place of one that still waits.
    const auto same = [&](const auto& waiting) {
        return waiting->label == m_rows[checkpoint]->label &&
               waiting->contentSha256 == m_rows[checkpoint]->contentSha256;
    };
    std::erase_if(m_pending, same);
    m_pending.push_back(m_rows[checkpoint]);
    return commitIfDue();
}

Expected<void> RowBook::fail(std::size_t checkpoint, const Error& error) {
    const ProbeRecord& row = *m_rows[checkpoint];
    if (row.status == RowStatus::Complete) return {};
    ProbeRecord failed = row;  // with what was measured before
    failed.status = RowStatus::Failed;
    failed.error = error.toText();
    return update(checkpoint, std::move(failed));
}

Expected<void> RowBook::commitIfDue() {
    if (std::chrono::steady_clock::now() - m_lastCommit < kCommitSpacing) return {};
    return flush();
}

Expected<void> RowBook::write(const std::function<Expected<void>()>& attempt) {
    Expected<void> written = attempt();
    // Once the answer was to stop, nobody is asked again.
    while (!written && !m_storeFailed) {
        const StorageAnswer answer = m_onStorageFailure(written.error());
        if (answer.action == StorageAnswer::Action::Stop)
            m_storeFailed = true;
        else
            written = answer.action == StorageAnswer::Action::Retry
                          ? attempt()
                          : m_store->continueIn(answer.file);
    }
    return written;
}

Expected<void> RowBook::flush() {
    if (m_pending.empty()) return {};
    GRIDSCOPE_TRY(write([&] { return m_store->commit(m_pending); }));
    m_pending.clear();
    m_lastCommit = std::chrono::steady_clock::now();
    m_onSnapshot(m_store->snapshot());
    return {};
}

bool RowBook::hasNearerPredecessor(std::size_t checkpoint, std::size_t before) const {
    const ProbeRecord& row = *m_rows[checkpoint];
    const auto place = [](const ProbeRecord& record) {
        return std::pair(record.stage, record.step);
    };
    for (const auto& stored : m_store->snapshot()->rows) {
        if (stored->label != row.predecessor) continue;
        const bool after = before == m_rows.size() || place(*m_rows[before]) < place(*stored);
        return after && place(*stored) < place(row);
    }
    return false;
}

std::size_t RowBook::firstWithSameContent(std::size_t checkpoint) const {
    const std::string& hash = m_rows[checkpoint]->contentSha256;
    if (hash.empty()) return checkpoint;
    for (std::size_t i = 0; i < checkpoint; ++i) {
        if (m_rows[i]->contentSha256 == hash) return i;
    }
    return checkpoint;
}

}  // namespace gridscope
