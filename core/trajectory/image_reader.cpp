// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <atomic>
#include <limits>
#include <set>

#include "core/base/sha256.h"
#include "core/trajectory/hdf5_gate_impl.h"
#include "core/trajectory/hdf5_items_impl.h"
#include "core/trajectory/image_digest_impl.h"
#include "core/trajectory/image_shape_impl.h"
#include "core/trajectory/image_structure_impl.h"
#include "core/trajectory/record_columns_impl.h"
#include "core/trajectory/row_checksum_impl.h"
#include "core/trajectory/trajectory_image_impl.h"

namespace gridscope {

namespace {

constexpr hsize_t kMaxRows = 1'000'000;
using Rows = std::vector<std::shared_ptr<ProbeRecord>>;

/// Reads one image, item by item, into a Trajectory.
class ImageReader {
public:
    ImageReader(const H5::H5File& file, std::string_view bytes, std::string& object)
        : m_file(file), m_bytes(bytes), m_object(object) {}

    Expected<ImageContent> read();

private:
    Expected<H5::Group> group(const std::string& path);
    Expected<void> readHead();
    Expected<void> readPlan();
    Expected<void> readTokens();
    Expected<void> readCheckpoints();
    Expected<void> readScores();
    Expected<void> readLayerList(const H5::Group& layers);
    Expected<void> readLayers();
    Expected<void> readGridList();
    Expected<void> readGrid(std::size_t index);
    Expected<void> readGridLayers(const H5::Group& parent, std::vector<GridScores>& scores);
    Expected<void> readHistograms(const H5::Group& layers, std::vector<GridScores>& scores);
    void judgeRows();

    /// The values of a dataset [n, ...]; where a part of it does not read, the rows from there on
    /// are bad and the ones before them are kept.
    template <class T>
    Expected<std::vector<T>> readOrSave(const H5::Group& parent, const std::string& name,
                                        const Extent& extent);
    /// Puts the values [n, rest...] of `name` where `place(row, i)` says.
    template <class T, class Place>
    Expected<void> table(const H5::Group& parent, std::string_view name, Extent rest, Place place);
    template <class Place>
    Expected<void> floats(const H5::Group& parent, std::string_view name, std::size_t count,
                          Place place);
    template <class Place>
    Expected<void> statuses(const H5::Group& parent, Place place);

    const H5::H5File& m_file;
    const std::string_view m_bytes;
    std::string& m_object;
    ImageContent m_out;
    Trajectory& m_t = m_out.trajectory;
    Rows m_rows;
    ImageShape m_shape;
    std::size_t m_readableRows = std::numeric_limits<std::size_t>::max();
    std::string m_unreadable;  ///< dataset that ends m_readableRows
};

Expected<H5::Group> ImageReader::group(const std::string& path) {
    m_object = path;
    // The parents exist: paths are opened from the top.
    if (H5Lexists(m_file.getId(), path.c_str(), H5P_DEFAULT) <= 0 ||
        m_file.childObjType(path) != H5O_TYPE_GROUP)
        return damaged(path, "the group is missing");
    return m_file.openGroup(path);
}

template <class T>
Expected<std::vector<T>> ImageReader::readOrSave(const H5::Group& parent, const std::string& name,
                                                 const Extent& extent) {
    try {
        return readNumbers<T>(parent, name, extent);
    } catch (const H5::Exception&) {
        std::size_t readable = 0;
        auto values = readNumbersByRow<T>(parent, name, extent, readable);
        if (values && readable < m_readableRows) {
            m_readableRows = readable;
            m_unreadable = m_object;
        }
        return values;
    }
}

template <class T, class Place>
Expected<void> ImageReader::table(const H5::Group& parent, std::string_view name, Extent rest,
                                  Place place) {
    m_object = parent.getObjName() + "/" + std::string(name);
    const std::size_t perRow = elementCount(rest);
    rest.insert(rest.begin(), m_rows.size());
    auto values = readOrSave<T>(parent, std::string(name), rest);
    if (!values) return values.error().inside(parent.getObjName());
    for (std::size_t r = 0; r < m_rows.size(); ++r) {
        for (std::size_t i = 0; i < perRow; ++i) place(r, i, (*values)[r * perRow + i]);
    }
    return {};
}

/// Arrays of one vector per row; `place(row)` is that vector, left empty where all is missing.
template <class Place>
Expected<void> ImageReader::floats(const H5::Group& parent, std::string_view name,
                                   std::size_t count, Place place) {
    for (std::size_t r = 0; r < m_rows.size(); ++r) place(r).resize(count);
    GRIDSCOPE_TRY(table<float>(parent, name, {count},
                               [&](std::size_t r, std::size_t i, float v) { place(r)[i] = v; }));
    for (std::size_t r = 0; r < m_rows.size(); ++r) {
        if (isEmptyArray(place(r))) place(r).clear();
    }
    return {};
}

template <class Place>
Expected<void> ImageReader::statuses(const H5::Group& parent, Place place) {
    int unknown = -1;
    GRIDSCOPE_TRY(
        table<std::uint8_t>(parent, "status", {}, [&](std::size_t r, std::size_t, std::uint8_t v) {
            if (v > static_cast<std::uint8_t>(RowStatus::Failed)) unknown = v;
            place(r) = static_cast<RowStatus>(v);
        }));
    if (unknown >= 0)
        return damaged(m_object, "status " + std::to_string(unknown) + " is not one of 0 to 3");
    return {};
}

Expected<void> ImageReader::readHead() {
    const H5::Group root = m_file.openGroup("/");
    const auto format = readTextAttribute(root, "format");
    if (!format || *format != kTrajectoryFormat)
        return Error{ErrorCode::TrajectoryForeign, "/@format",
                     "an HDF5 file, but not a Gridscope trajectory",
                     "Open a file that gridscope-cli probe or import wrote"};
    GRIDSCOPE_TRY_ASSIGN(version, readIntegerAttribute(root, "format_version"));
    if (version > kTrajectoryVersion)
        return Error{ErrorCode::TrajectoryNewer, "/@format_version",
                     "the file has format_version " + std::to_string(version) +
                         ", this program reads up to " + std::to_string(kTrajectoryVersion),
                     "Use the Gridscope version that wrote it, or a newer one"};
    if (version < 1)
        return damaged("/@format_version",
                       "format_version " + std::to_string(version) + " never existed");
    if (const auto end = endOfHdf5(m_bytes); !end || *end != m_bytes.size())
        return damaged("/", "expected " + (end ? std::to_string(*end) : "another number of") +
                                " bytes, found " + std::to_string(m_bytes.size()));
    // Only now: a newer file may have links or filters that this version does not know.
    GRIDSCOPE_TRY(checkImageStructure(m_file, m_object));
    m_object = "/";
    GRIDSCOPE_TRY_ASSIGN(producer, readTextAttribute(root, "producer"));
    GRIDSCOPE_TRY_ASSIGN(created, readTextAttribute(root, "created"));
    GRIDSCOPE_TRY_ASSIGN(title, readTextAttribute(root, "title"));
    m_t.producer = producer;
    m_t.created = created;
    m_t.title = title;
    return {};
}

Expected<void> ImageReader::readPlan() {
    struct Item {
        const char* group;
        const char* name;
        std::string Trajectory::*member;
    };
    static constexpr Item kItems[] = {{"/plan", "json", &Trajectory::planJson},
                                      {"/plan", "plan_hash", &Trajectory::planHash},
                                      {"/environment", "json", &Trajectory::environmentJson},
                                      {"/analysis", "phases_json", &Trajectory::phasesJson},
                                      {"/analysis", "overrides_json", &Trajectory::overridesJson},
                                      {"/analysis", "notes", &Trajectory::notes}};
    for (const Item& item : kItems) {
        GRIDSCOPE_TRY_ASSIGN(parent, group(item.group));
        auto text = readTextAttribute(parent, item.name);
        if (!text) return text.error().inside(item.group);
        m_t.*item.member = *text;
    }
    return {};
}

Expected<void> ImageReader::readTokens() {
    GRIDSCOPE_TRY_ASSIGN(eval, group("/eval"));
    m_object = "/eval/tokens";
    GRIDSCOPE_TRY_ASSIGN(extent, readExtent(eval, "tokens"));
    if (extent.size() != 2)
        return damaged(m_object, "expected rank 2, found rank " + std::to_string(extent.size()));
    GRIDSCOPE_TRY_ASSIGN(ids, readNumbers<std::uint32_t>(eval, "tokens", extent));
    m_t.windows = extent[0];
    m_t.windowLength = extent[1];
    m_t.evalIds = std::move(ids);
    const H5::DataSet tokens = eval.openDataSet("tokens");
    GRIDSCOPE_TRY_ASSIGN(sha256, readTextAttribute(tokens, "sha256"));
    GRIDSCOPE_TRY_ASSIGN(source, readTextAttribute(tokens, "source"));
    GRIDSCOPE_TRY_ASSIGN(tokenizer, readTextAttribute(tokens, "tokenizer_sha256"));
    GRIDSCOPE_TRY_ASSIGN(bytes, readIntegerAttribute(tokens, "bytes"));
    m_t.evalSha256 = sha256;
    m_t.evalSource = source;
    m_t.tokenizerSha256 = tokenizer;
    m_t.textBytes = static_cast<std::uint64_t>(bytes);
    if (!sha256.empty()) {
        Sha256 hash;
        hash.update(std::as_bytes(std::span(m_t.evalIds)));
        const std::string found = hash.finishHex();
        if (found != sha256)
            return damaged(m_object,
                           "expected SHA-256 " + escapeForDisplay(sha256) + ", found " + found);
    }
    return {};
}

Expected<void> ImageReader::readCheckpoints() {
    GRIDSCOPE_TRY_ASSIGN(parent, group("/checkpoints"));
    m_object = "/checkpoints/step";
    GRIDSCOPE_TRY_ASSIGN(extent, readExtent(parent, "step"));
    if (extent.size() != 1 || extent[0] > kMaxRows)
        return damaged(m_object, "expected one dimension of at most 1,000,000 rows, found " +
                                     extentText(extent));
    for (hsize_t r = 0; r < extent[0]; ++r) m_rows.push_back(std::make_shared<ProbeRecord>());
    GRIDSCOPE_TRY(table<std::int64_t>(
        parent, "step", {},
        [&](std::size_t r, std::size_t, std::int64_t v) { m_rows[r]->step = v; }));
    GRIDSCOPE_TRY(table<std::int32_t>(
        parent, "stage", {},
        [&](std::size_t r, std::size_t, std::int32_t v) { m_rows[r]->stage = v; }));
    GRIDSCOPE_TRY(statuses(parent, [&](std::size_t r) -> RowStatus& { return m_rows[r]->status; }));
    for (const auto& number : checkpointNumbers())
        GRIDSCOPE_TRY(table<double>(
            parent, number.name, {},
            [&](std::size_t r, std::size_t, double v) { number.of(*m_rows[r]) = v; }));
    for (const auto& text : checkpointTexts()) {
        m_object = "/checkpoints/" + std::string(text.name);
        GRIDSCOPE_TRY_ASSIGN(texts, readTexts(parent, std::string(text.name), m_rows.size()));
        for (std::size_t r = 0; r < texts.size(); ++r)
            (*m_rows[r]).*text.member = std::move(texts[r]);
    }
    m_object = "/checkpoints/row_checksum";
    GRIDSCOPE_TRY_ASSIGN(checksums, readTexts(parent, "row_checksum", m_rows.size()));
    m_out.storedChecksums = std::move(checksums);
    return {};
}

Expected<void> ImageReader::readScores() {
    GRIDSCOPE_TRY_ASSIGN(fp32, group("/fp32"));
    for (const auto& number : fp32Columns())
        GRIDSCOPE_TRY(table<double>(
            fp32, number.name, {},
            [&](std::size_t r, std::size_t, double v) { number.of(m_rows[r]->fp32) = v; }));
    GRIDSCOPE_TRY(floats(
        fp32, "window_nll",
        m_t.windows, [&](std::size_t r) -> auto& { return m_rows[r]->fp32.windowNll; }));
    GRIDSCOPE_TRY_ASSIGN(weights, group("/weights"));
    for (const auto& number : weightColumns())
        GRIDSCOPE_TRY(table<double>(
            weights, number.name, {},
            [&](std::size_t r, std::size_t, double v) { number.of(*m_rows[r]) = v; }));
    return {};
}

Expected<void> ImageReader::readLayerList(const H5::Group& layers) {
    m_object = "/layers/name";
    GRIDSCOPE_TRY_ASSIGN(extent, readExtent(layers, "name"));
    if (extent.size() != 1)
        return damaged(m_object, "expected one dimension, found " + extentText(extent));
    GRIDSCOPE_TRY_ASSIGN(names, readTexts(layers, "name", extent[0]));
    GRIDSCOPE_TRY_ASSIGN(kinds, readTexts(layers, "kind", extent[0]));
    GRIDSCOPE_TRY_ASSIGN(rows, readNumbers<std::int64_t>(layers, "rows", extent));
    GRIDSCOPE_TRY_ASSIGN(columns, readNumbers<std::int64_t>(layers, "cols", extent));
    GRIDSCOPE_TRY_ASSIGN(blocks, readNumbers<std::int32_t>(layers, "block", extent));
    for (std::size_t l = 0; l < names.size(); ++l) {
        if (blocks[l] < -1 || blocks[l] > 100'000)
            return damaged("/layers/block",
                           "block " + std::to_string(blocks[l]) + " is outside -1..100000");
        m_t.layers.push_back({names[l], rows[l], columns[l], blocks[l], kinds[l]});
    }
    return {};
}

Expected<void> ImageReader::readLayers() {
    GRIDSCOPE_TRY_ASSIGN(parent, group("/layers"));
    GRIDSCOPE_TRY(readLayerList(parent));
    for (const auto& row : m_rows) row->layers.resize(m_t.layers.size());
    for (const auto& number : layerColumns())
        GRIDSCOPE_TRY(table<double>(
            parent, number.name, {m_t.layers.size()},
            [&](std::size_t r, std::size_t l, double v) { number.of(m_rows[r]->layers[l]) = v; }));
    for (const auto& row : m_rows) {
        if (isEmptyMoments(row->layers)) row->layers.clear();
    }
    return {};
}

Expected<void> ImageReader::readGridList() {
    GRIDSCOPE_TRY_ASSIGN(grids, group("/grids"));
    std::vector<std::pair<std::int64_t, std::string>> order;
    for (hsize_t i = 0; i < grids.getNumObjs(); ++i) {
        const std::string id = grids.getObjnameByIdx(i);
        GRIDSCOPE_TRY_ASSIGN(grid, group("/grids/" + id));
        auto index = readIntegerAttribute(grid, "index");
        if (!index) return index.error().inside(m_object);
        order.emplace_back(*index, id);
    }
    std::sort(order.begin(), order.end());
    for (auto& [index, id] : order) m_t.gridIds.push_back(std::move(id));
    // Shape of the file as found; code histograms follow grid by grid.
    m_shape = shapeOf(m_t);
    m_shape.rows = m_rows.size();
    return {};
}

Expected<void> ImageReader::readGrid(std::size_t index) {
    const std::string& id = m_t.gridIds[index];
    GRIDSCOPE_TRY_ASSIGN(parent, group("/grids/" + id));
    std::vector<GridScores> scores(m_rows.size());
    GRIDSCOPE_TRY(statuses(parent, [&](std::size_t r) -> RowStatus& { return scores[r].status; }));
    GRIDSCOPE_TRY(table<std::int32_t>(
        parent, "windows_used", {},
        [&](std::size_t r, std::size_t, std::int32_t v) { scores[r].windowsUsed = v; }));
    for (const auto& number : gridColumns())
        GRIDSCOPE_TRY(
            table<double>(parent, number.name, {},
                          [&](std::size_t r, std::size_t, double v) { number.of(scores[r]) = v; }));
    for (const auto& array : gridWindowArrays())
        GRIDSCOPE_TRY(floats(
            parent, array.name,
            m_t.windows, [&](std::size_t r) -> auto& { return scores[r].*array.member; }));
    GRIDSCOPE_TRY_ASSIGN(layers, group("/grids/" + id + "/layers"));
    GRIDSCOPE_TRY(readGridLayers(layers, scores));
    m_shape.histograms[index] = hasChild(layers, "residual_histogram");
    m_shape.codes[index] = 0;
    if (hasChild(layers, "code_histogram")) {
        GRIDSCOPE_TRY_ASSIGN(extent, readExtent(layers, "code_histogram"));
        if (extent.size() == 3) m_shape.codes[index] = extent[2];
    }
    if (m_shape.histograms[index]) GRIDSCOPE_TRY(readHistograms(layers, scores));
    for (std::size_t r = 0; r < m_rows.size(); ++r) {
        if (isEmptyStatistics(scores[r].layers)) scores[r].layers.clear();
        if (!isEmptyScores(scores[r])) m_rows[r]->grids.emplace(id, std::move(scores[r]));
    }
    return {};
}

Expected<void> ImageReader::readGridLayers(const H5::Group& parent,
                                           std::vector<GridScores>& scores) {
    for (GridScores& row : scores) row.layers.resize(m_t.layers.size());
    for (const auto& number : gridLayerColumns())
        GRIDSCOPE_TRY(table<double>(
            parent, number.name, {m_t.layers.size()},
            [&](std::size_t r, std::size_t l, double v) { number.of(scores[r].layers[l]) = v; }));
    for (const auto& array : gridLayerArrays())
        GRIDSCOPE_TRY(floats(
            parent, array.name,
            m_shape.layers, [&](std::size_t r) -> auto& { return scores[r].*array.member; }));
    for (const auto& array : gridBlockArrays())
        GRIDSCOPE_TRY(floats(
            parent, array.name,
            m_shape.blocks, [&](std::size_t r) -> auto& { return scores[r].*array.member; }));
    return {};
}

Expected<void> ImageReader::readHistograms(const H5::Group& layers,
                                           std::vector<GridScores>& scores) {
    GRIDSCOPE_TRY(table<std::uint32_t>(
        layers, "residual_histogram", {m_shape.layers, kResidualBins},
        [&](std::size_t r, std::size_t i, std::uint32_t v) {
            scores[r].layers[i / kResidualBins].residualHistogram[i % kResidualBins] = v;
        }));
    if (!hasChild(layers, "code_histogram")) return {};
    GRIDSCOPE_TRY_ASSIGN(extent, readExtent(layers, "code_histogram"));
    const std::size_t codes = extent.size() == 3 ? extent[2] : 0;
    if (codes == 0 || codes > 65'536)
        return damaged(m_object, "code_histogram has extent " + extentText(extent));
    for (GridScores& row : scores) {
        for (GridStatistics& layer : row.layers) layer.codeHistogram.resize(codes);
    }
    return table<std::uint32_t>(layers, "code_histogram", {m_shape.layers, codes},
                                [&](std::size_t r, std::size_t i, std::uint32_t v) {
                                    scores[r].layers[i / codes].codeHistogram[i % codes] = v;
                                });
}

/// Compares every row with its checksum and looks for keys that occur twice.
void ImageReader::judgeRows() {
    std::set<std::pair<std::string, std::string>> keys;
    for (std::size_t r = 0; r < m_rows.size(); ++r) {
        const ProbeRecord& row = *m_rows[r];
        std::string reason;
        if (r >= m_readableRows)
            reason = m_unreadable + " does not read";
        else if (rowChecksum(row, m_t, m_shape) != m_out.storedChecksums[r])
            reason = "the values disagree with the row's checksum";
        else if (row.step < -1)
            reason = "step " + std::to_string(row.step) + " is below -1 (unknown)";
        else if (!keys.emplace(row.label, row.contentSha256).second)
            reason = "label and content hash occur twice";
        if (reason.empty()) continue;
        m_out.firstBadRow = r;
        m_out.firstBadReason =
            "row " + std::to_string(r) + " (" + escapeForDisplay(row.label) + "): " + reason;
        return;
    }
    m_out.firstBadRow = m_rows.size();
}

Expected<ImageContent> ImageReader::read() {
    GRIDSCOPE_TRY(readHead());
    GRIDSCOPE_TRY(readPlan());
    GRIDSCOPE_TRY(readTokens());
    GRIDSCOPE_TRY(readCheckpoints());
    GRIDSCOPE_TRY(readScores());
    GRIDSCOPE_TRY(readLayers());
    GRIDSCOPE_TRY(readGridList());
    for (std::size_t g = 0; g < m_t.gridIds.size(); ++g) GRIDSCOPE_TRY(readGrid(g));
    judgeRows();
    m_t.rows.assign(m_rows.begin(), m_rows.end());
    return std::move(m_out);
}

}  // namespace

Expected<ImageContent> readTrajectoryImage(std::string_view bytes, DigestRule rule) {
    constexpr std::string_view kMagic("\x89HDF\r\n\x1a\n", 8);
    if (!bytes.starts_with(kMagic))
        return Error{ErrorCode::TrajectoryFormat,
                     {},
                     "does not start as an HDF5 file does",
                     "Open a file that gridscope-cli probe or import wrote"};
    const SplitImage split = splitDigest(bytes);
    if (split.verdict == DigestVerdict::Disagrees && rule == DigestRule::Required)
        return damaged("/", "the bytes disagree with the checksum of the file");
    auto read = throughHdf5Gate(
        ErrorCode::TrajectoryDamaged, [&](std::string& object) -> Expected<ImageContent> {
            H5::FileAccPropList access;
            access.setCore(1u << 20, false);
            access.setFcloseDegree(H5F_CLOSE_STRONG);
            // HDF5 copies the image; it wants a pointer to mutable bytes all the same.
            H5Pset_file_image(access.getId(), const_cast<char*>(split.hdf5.data()),
                              split.hdf5.size());
            static std::atomic<unsigned> counter{0};
            const H5::H5File file("/dev/null/trajectory-read-" + std::to_string(++counter),
                                  H5F_ACC_RDONLY, H5::FileCreatPropList::DEFAULT, access);
            auto content = ImageReader(file, split.hdf5, object).read();
            if (content) content->hasDigest = split.verdict != DigestVerdict::Absent;
            return content;
        });
    if (read || !read.error().hint.empty()) return read;
    // What HDF5 itself refuses, such as a cut file, can be recovered like any other damage.
    Error error = read.error();
    if (error.code == ErrorCode::TrajectoryDamaged) error.hint = damaged({}, {}).hint;
    return error;
}

Expected<Trajectory> wholeTrajectory(ImageContent content) {
    if (!content.firstBadReason.empty()) return damaged("/checkpoints", content.firstBadReason);
    sortRows(content.trajectory.rows);
    return std::move(content.trajectory);
}

}  // namespace gridscope
