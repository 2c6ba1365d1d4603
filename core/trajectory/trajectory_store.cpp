// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/trajectory_store.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "core/base/version.h"
#include "core/trajectory/image_shape_impl.h"
#include "core/trajectory/row_checksum_impl.h"
#include "core/trajectory/trajectory_generation_impl.h"
#include "core/trajectory/trajectory_image_impl.h"
#include "core/trajectory/trajectory_lock_impl.h"
#include "core/trajectory/write_registry_impl.h"

namespace gridscope {

namespace {

using RowPointer = std::shared_ptr<const ProbeRecord>;

std::string nowIso8601() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    const std::size_t length = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, length};
}

Expected<std::optional<FileIdentity>> identityOf(FileOps& ops, const std::filesystem::path& file) {
    auto opened = openForReading(ops, file);
    if (!opened) {
        if (opened.error().code == ErrorCode::FileMissing) return std::optional<FileIdentity>();
        return std::move(opened).error();
    }
    GRIDSCOPE_TRY_ASSIGN(status, opened->status());
    return std::optional<FileIdentity>({status.device, status.inode});
}

/// The list of grids in a plan, where it has one, follows the grids of the file.
std::string planWithGrids(const std::string& planJson, const std::vector<std::string>& gridIds) {
    nlohmann::json plan = nlohmann::json::parse(planJson, nullptr, false);
    if (!plan.is_object()) return planJson;
    const auto grids = plan.find("grids");
    if (grids == plan.end() || !grids->is_array() || *grids == nlohmann::json(gridIds))
        return planJson;
    *grids = gridIds;
    return plan.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Error planMismatch(const std::filesystem::path& file, const std::string& what) {
    return {ErrorCode::TrajectoryPlanMismatch, file.string(), what,
            "Choose another output file, or repeat the settings of this one"};
}

/// What the file holds, continued under the settings of `initial`.
Expected<Trajectory> continued(const std::filesystem::path& file, const Trajectory& present,
                               Trajectory initial) {
    if (present.windows != initial.windows || present.windowLength != initial.windowLength)
        return planMismatch(file, "it holds " + std::to_string(present.windows) + " windows of " +
                                      std::to_string(present.windowLength) + " tokens, asked for " +
                                      std::to_string(initial.windows) + " of " +
                                      std::to_string(initial.windowLength));
    if (present.evalIds != initial.evalIds)
        return planMismatch(file, "its evaluation tokens are other ones (from " +
                                      escapeForDisplay(present.evalSource) + ")");
    if (present.layers != initial.layers)
        return planMismatch(file, "its list of matrices is another one (" +
                                      std::to_string(present.layers.size()) + " in the file, " +
                                      std::to_string(initial.layers.size()) + " in the plan)");
    if (present.planHash != initial.planHash)
        return planMismatch(file,
                            "it was made with another model configuration, scope or scored "
                            "part of the windows");
    Trajectory merged = present;
    for (const std::string& id : initial.gridIds) {
        if (std::find(merged.gridIds.begin(), merged.gridIds.end(), id) == merged.gridIds.end())
            merged.gridIds.push_back(id);
    }
    merged.planJson = planWithGrids(initial.planJson, merged.gridIds);
    if (!initial.environmentJson.empty()) merged.environmentJson = initial.environmentJson;
    if (merged.title.empty()) merged.title = initial.title;
    return merged;
}

/// Adds `row`, or puts it in the place of the one it replaces.
void putRow(std::vector<RowPointer>& rows, const RowPointer& row) {
    const auto sameKey = [&](const RowPointer& other) {
        return other->label == row->label &&
               (other->contentSha256 == row->contentSha256 || other->contentSha256.empty());
    };
    rows.erase(std::remove_if(rows.begin(), rows.end(), sameKey), rows.end());
    rows.push_back(row);
}

}  // namespace

class TrajectoryStore::Impl {
public:
    Impl(FileOps& ops, std::filesystem::path file, WriteRegistration registration,
         std::unique_ptr<TrajectoryLock> lock)
        : m_ops(ops),
          m_file(std::move(file)),
          m_registration(std::move(registration)),
          m_lock(std::move(lock)) {}

    Expected<void> start(Trajectory initial, bool exists);
    Expected<void> write(Trajectory next);
    Expected<void> check(const std::vector<RowPointer>& rows) const;

    FileOps& m_ops;
    std::filesystem::path m_file;  ///< canonical
    WriteRegistration m_registration;
    std::unique_ptr<TrajectoryLock> m_lock;
    std::shared_ptr<const Trajectory> m_saved;
    Trajectory m_wanted;  ///< m_saved and everything that could not be saved yet
    std::vector<Warning> m_warnings;
    std::optional<Error> m_broken;  ///< set by a failed internal check: nothing is written any more
};

Expected<void> TrajectoryStore::Impl::start(Trajectory initial, bool exists) {
    if (m_lock->takenOver())
        m_warnings.push_back(
            {ErrorCode::TrajectoryLocked, lockPath(m_file).string(),
             "the lock of " + *m_lock->takenOver() + ", which no longer runs, was taken over"});
    removeLeftovers(m_ops, m_file);
    initial.rows.clear();
    if (exists) {
        GRIDSCOPE_TRY_ASSIGN(loaded, readTrajectory(m_ops, m_file));
        GRIDSCOPE_TRY_ASSIGN(merged, continued(m_file, *loaded.trajectory, std::move(initial)));
        m_wanted = std::move(merged);
        m_warnings.insert(m_warnings.end(), loaded.warnings.begin(), loaded.warnings.end());
    } else {
        m_wanted = std::move(initial);
        m_wanted.planJson = planWithGrids(m_wanted.planJson, m_wanted.gridIds);
    }
    m_wanted.producer = std::string("gridscope ") + kVersion;
    if (m_wanted.created.empty()) m_wanted.created = nowIso8601();
    m_saved = std::make_shared<const Trajectory>(m_wanted);
    return checkWritable(m_ops, m_file, 0);
}

Expected<void> TrajectoryStore::Impl::check(const std::vector<RowPointer>& rows) const {
    Trajectory probe;  // the rows alone decide the shape of grids that state no bits
    probe.windows = m_wanted.windows;
    probe.layers = m_wanted.layers;
    probe.gridIds = m_wanted.gridIds;
    probe.rows = m_wanted.rows;
    probe.rows.insert(probe.rows.end(), rows.begin(), rows.end());
    const ImageShape shape = shapeOf(probe);
    for (const RowPointer& row : rows) {
        if (!row) return Error{ErrorCode::Internal, m_file.string(), "a row is null", {}};
        if (auto fits = checkRowFits(*row, probe, shape); !fits)
            return fits.error().inside(m_file.string());
    }
    return {};
}

/// One transaction. `next` is kept as what is wanted, saved or not.
Expected<void> TrajectoryStore::Impl::write(Trajectory next) {
    m_wanted = std::move(next);
    if (m_broken) return *m_broken;
    GRIDSCOPE_TRY(m_lock->checkStillHeld());
    auto image = writeTrajectoryImage(m_wanted);
    if (!image) {
        if (image.error().code == ErrorCode::Internal) m_broken = image.error();
        return image.error().inside(m_file.string());
    }
    const auto verify = [&](std::string_view bytes) -> Expected<void> {
        const auto failed = [](const std::string& where, const std::string& what) {
            return Error{ErrorCode::TrajectoryVerify, where, what,
                         "Nothing more is written here; the last good file was kept"};
        };
        const auto content = readTrajectoryImage(bytes);
        if (!content) return failed(content.error().where, content.error().what);
        if (!content->firstBadReason.empty())
            return failed("/checkpoints", content->firstBadReason);
        if (content->trajectory.rows.size() != m_wanted.rows.size())
            return failed("/checkpoints", "expected " + std::to_string(m_wanted.rows.size()) +
                                              " rows, found " +
                                              std::to_string(content->trajectory.rows.size()));
        const ImageShape shape = shapeOf(m_wanted);
        for (std::size_t r = 0; r < m_wanted.rows.size(); ++r) {
            if (content->storedChecksums[r] != rowChecksum(*m_wanted.rows[r], m_wanted, shape))
                return failed("/checkpoints",
                              "row " + std::to_string(r) + " reads back otherwise than written");
        }
        return {};
    };
    auto replaced = replaceGeneration(m_ops, m_file, *image, verify);
    // Even a commit that failed at the last fsync has put another inode in place.
    if (const auto identity = identityOf(m_ops, m_file); identity && *identity)
        m_registration.setIdentity(**identity);
    if (!replaced) {
        if (replaced.error().code == ErrorCode::TrajectoryVerify) m_broken = replaced.error();
        return replaced;
    }
    m_saved = std::make_shared<const Trajectory>(m_wanted);
    return {};
}

Expected<std::unique_ptr<TrajectoryStore>> TrajectoryStore::open(FileOps& ops,
                                                                 const std::filesystem::path& file,
                                                                 Trajectory initial) {
    std::error_code failed;
    std::filesystem::path canonical = std::filesystem::weakly_canonical(file, failed);
    if (failed || canonical.filename().empty())
        return Error{ErrorCode::OutputNotWritable, file.string(),
                     failed ? failed.message() : "names a folder", "Give the name of a file"};
    auto identity = identityOf(ops, canonical);
    if (!identity) {
        Error error = std::move(identity).error();
        if (error.code == ErrorCode::FileNotRegular) error.code = ErrorCode::OutputNotWritable;
        return error;
    }
    auto registration = WriteRegistration::claim(canonical, *identity);
    if (!registration)
        return Error{ErrorCode::TrajectoryLocked, file.string(),
                     "is open for writing in this program already", "Open it read-only"};
    GRIDSCOPE_TRY_ASSIGN(lock, TrajectoryLock::acquire(ops, canonical));
    // Asked again: the file may have appeared before the lock was ours.
    GRIDSCOPE_TRY_ASSIGN(present, identityOf(ops, canonical));
    auto impl = std::make_unique<Impl>(ops, std::move(canonical), std::move(*registration),
                                       std::move(lock));
    GRIDSCOPE_TRY(impl->start(std::move(initial), present.has_value()));
    return std::unique_ptr<TrajectoryStore>(new TrajectoryStore(std::move(impl)));
}

TrajectoryStore::TrajectoryStore(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
TrajectoryStore::~TrajectoryStore() = default;

std::shared_ptr<const Trajectory> TrajectoryStore::snapshot() const { return m_impl->m_saved; }

const std::vector<Warning>& TrajectoryStore::warnings() const { return m_impl->m_warnings; }

Expected<void> TrajectoryStore::commit(const std::vector<RowPointer>& rows) {
    GRIDSCOPE_TRY(m_impl->check(rows));
    Trajectory next = m_impl->m_wanted;
    for (const RowPointer& row : rows) putRow(next.rows, row);
    sortRows(next.rows);
    return m_impl->write(std::move(next));
}

Expected<void> TrajectoryStore::replaceLabel(const std::string& label, const RowPointer& row) {
    GRIDSCOPE_TRY(m_impl->check({row}));
    Trajectory next = m_impl->m_wanted;
    std::erase_if(next.rows, [&](const RowPointer& other) { return other->label == label; });
    putRow(next.rows, row);
    sortRows(next.rows);
    return m_impl->write(std::move(next));
}

Expected<void> TrajectoryStore::continueIn(const std::filesystem::path& file) {
    GRIDSCOPE_TRY_ASSIGN(other, open(m_impl->m_ops, file, m_impl->m_wanted));
    GRIDSCOPE_TRY(other->commit(m_impl->m_wanted.rows));
    auto& warnings = other->m_impl->m_warnings;
    warnings.insert(warnings.begin(), m_impl->m_warnings.begin(), m_impl->m_warnings.end());
    m_impl = std::move(other->m_impl);
    return {};
}

Expected<void> TrajectoryStore::setAnalysis(std::string phasesJson, std::string overridesJson,
                                            std::string notes) {
    for (const std::string* text : {&phasesJson, &overridesJson, &notes}) {
        if (text->find('\0') != std::string::npos)
            return Error{
                ErrorCode::SettingsSyntax, "/analysis", "a text holds a NUL character", {}};
    }
    Trajectory next = m_impl->m_wanted;
    next.phasesJson = std::move(phasesJson);
    next.overridesJson = std::move(overridesJson);
    next.notes = std::move(notes);
    return m_impl->write(std::move(next));
}

}  // namespace gridscope
