// SPDX-License-Identifier: GPL-3.0-or-later

#include <atomic>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/trajectory/hdf5_gate_impl.h"
#include "core/trajectory/hdf5_items_impl.h"
#include "core/trajectory/image_digest_impl.h"
#include "core/trajectory/image_shape_impl.h"
#include "core/trajectory/record_columns_impl.h"
#include "core/trajectory/row_checksum_impl.h"
#include "core/trajectory/trajectory_image_impl.h"

namespace gridscope {

namespace {

constexpr std::size_t kGrowthBytes = 1u << 20;
/// Half the fan-out of the chunk indices. Most datasets have a single chunk, and the default of
/// 32 gives each of them an index node of 2 KiB.
constexpr unsigned kChunkTreeRank = 4;
constexpr float kMissing32 = std::numeric_limits<float>::quiet_NaN();

/// bits, group, dialect, remedy and control as the grid id spells them.
std::string gridJson(const std::string& id) {
    const std::size_t control = id.find('~');
    const std::size_t remedy = id.find('+');
    const std::size_t colon = id.find(':');
    const std::size_t schemeEnd = std::min({id.size(), colon, remedy, control});
    const auto part = [&](std::size_t from, std::initializer_list<std::size_t> ends) {
        if (from == std::string::npos) return std::string();
        std::size_t end = id.size();
        for (const std::size_t e : ends) {
            if (e != std::string::npos && e > from) end = std::min(end, e);
        }
        return id.substr(from + 1, end - from - 1);
    };
    nlohmann::json json;
    json["id"] = id;
    json["bits"] = bitsOfGridId(id);
    json["group"] = schemeEnd > 2 && bitsOfGridId(id) != 0
                        ? id.substr(id.starts_with("nf4") ? 3 : 2,
                                    schemeEnd - (id.starts_with("nf4") ? 3u : 2u))
                        : std::string();
    json["dialect"] = part(colon, {remedy, control});
    json["remedy"] = part(remedy, {control});
    json["control"] = part(control, {remedy});
    json["seeds"] = nlohmann::json::array();
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Builds one image. Everything may throw H5::Exception; `object` names the current item.
class ImageWriter {
public:
    ImageWriter(const Trajectory& trajectory, std::string& object)
        : m_t(trajectory),
          m_shape(shapeOf(trajectory)),
          m_object(object),
          m_n(trajectory.rows.size()) {}

    std::string build();

private:
    H5::Group makeGroup(const std::string& path);
    void markForPlot(H5::Group& group, const std::string& signal, std::size_t rank);
    template <class T, class Get>
    void column(H5::Group& group, std::string_view name, Get get);
    template <class T, class Get>
    void table(H5::Group& group, std::string_view name, Extent rest, Get get);

    void writePlan();
    void writeCheckpoints();
    void writeScores();
    void writeLayers();
    void writeGrid(std::size_t index);
    void writeGridLayers(H5::Group& parent, std::size_t index);

    const Trajectory& m_t;
    const ImageShape m_shape;
    std::string& m_object;
    const std::size_t m_n;
    std::vector<const GridScores*> m_scores;  ///< [n] of the grid being written
    H5::H5File m_file;
};

H5::Group ImageWriter::makeGroup(const std::string& path) {
    m_object = path;
    return m_file.createGroup(path);
}

/// NeXus attributes, so that viewers such as silx plot the group at once.
void ImageWriter::markForPlot(H5::Group& group, const std::string& signal, std::size_t rank) {
    writeTextAttribute(group, "NX_class", "NXdata");
    writeTextAttribute(group, "signal", signal);
    std::vector<std::string> axes(rank, ".");
    axes[0] = "step";
    writeTextListAttribute(group, "axes", axes);
    // NeXus looks axes up in the group itself.
    if (H5Lcreate_hard(m_file.getId(), "/checkpoints/step", group.getId(), "step", H5P_DEFAULT,
                       H5P_DEFAULT) < 0)
        throw H5::GroupIException("H5Lcreate_hard", "step");
}

/// One value per row.
template <class T, class Get>
void ImageWriter::column(H5::Group& group, std::string_view name, Get get) {
    table<T>(group, name, {}, [&](std::size_t row, std::size_t) { return get(row); });
}

/// Values [n, rest...]; `get(row, i)` with i running over the elements of `rest`.
template <class T, class Get>
void ImageWriter::table(H5::Group& group, std::string_view name, Extent rest, Get get) {
    m_object = group.getObjName() + "/" + std::string(name);
    const std::size_t perRow = elementCount(rest);
    std::vector<T> values;
    values.reserve(m_n * perRow);
    for (std::size_t row = 0; row < m_n; ++row) {
        for (std::size_t i = 0; i < perRow; ++i) values.push_back(get(row, i));
    }
    rest.insert(rest.begin(), m_n);
    writeNumbers<T>(group, std::string(name), rest, values);
}

void ImageWriter::writePlan() {
    H5::Group root = m_file.openGroup("/");
    writeTextAttribute(root, "format", std::string(kTrajectoryFormat));
    writeIntegerAttribute(root, "format_version", kTrajectoryVersion);
    writeTextAttribute(root, "producer", m_t.producer);
    writeTextAttribute(root, "created", m_t.created);
    writeTextAttribute(root, "title", m_t.title);
    writeTextAttribute(root, "NX_class", "NXroot");
    writeTextAttribute(root, "default", "fp32");

    H5::Group plan = makeGroup("/plan");
    writeTextAttribute(plan, "json", m_t.planJson);
    writeTextAttribute(plan, "plan_hash", m_t.planHash);
    H5::Group environment = makeGroup("/environment");
    writeTextAttribute(environment, "json", m_t.environmentJson);

    H5::Group eval = makeGroup("/eval");
    m_object = "/eval/tokens";
    writeNumbers<std::uint32_t>(eval, "tokens", {m_t.windows, m_t.windowLength}, m_t.evalIds);
    H5::DataSet tokens = eval.openDataSet("tokens");
    writeTextAttribute(tokens, "sha256", m_t.evalSha256);
    writeTextAttribute(tokens, "source", m_t.evalSource);
    writeTextAttribute(tokens, "tokenizer_sha256", m_t.tokenizerSha256);
    writeIntegerAttribute(tokens, "bytes", static_cast<std::int64_t>(m_t.textBytes));

    H5::Group analysis = makeGroup("/analysis");
    writeTextAttribute(analysis, "phases_json", m_t.phasesJson);
    writeTextAttribute(analysis, "overrides_json", m_t.overridesJson);
    writeTextAttribute(analysis, "notes", m_t.notes);
}

void ImageWriter::writeCheckpoints() {
    H5::Group group = makeGroup("/checkpoints");
    writeTextAttribute(group, "NX_class", "NXcollection");
    column<std::int64_t>(group, "step", [&](std::size_t r) { return m_t.rows[r]->step; });
    column<std::int32_t>(group, "stage", [&](std::size_t r) { return m_t.rows[r]->stage; });
    column<std::uint8_t>(group, "status", [&](std::size_t r) {
        return static_cast<std::uint8_t>(m_t.rows[r]->status);
    });
    for (const auto& number : checkpointNumbers())
        column<double>(group, number.name, [&](std::size_t r) { return number.of(*m_t.rows[r]); });
    std::vector<std::string> texts(m_n);
    for (const auto& text : checkpointTexts()) {
        m_object = "/checkpoints/" + std::string(text.name);
        for (std::size_t r = 0; r < m_n; ++r) texts[r] = (*m_t.rows[r]).*text.member;
        writeTexts(group, std::string(text.name), texts);
    }
    m_object = "/checkpoints/row_checksum";
    for (std::size_t r = 0; r < m_n; ++r) texts[r] = rowChecksum(*m_t.rows[r], m_t, m_shape);
    writeTexts(group, "row_checksum", texts);
}

void ImageWriter::writeScores() {
    H5::Group fp32 = makeGroup("/fp32");
    for (const auto& number : fp32Columns())
        column<double>(fp32, number.name,
                       [&](std::size_t r) { return number.of(m_t.rows[r]->fp32); });
    table<float>(fp32, "window_nll", {m_shape.windows}, [&](std::size_t r, std::size_t i) {
        const auto& values = m_t.rows[r]->fp32.windowNll;
        return values.empty() ? kMissing32 : values[i];
    });
    markForPlot(fp32, "ce", 1);

    H5::Group weights = makeGroup("/weights");
    for (const auto& number : weightColumns())
        column<double>(weights, number.name,
                       [&](std::size_t r) { return number.of(*m_t.rows[r]); });
    markForPlot(weights, "kurtosis_mean", 1);
}

void ImageWriter::writeLayers() {
    H5::Group group = makeGroup("/layers");
    std::vector<std::string> names, kinds;
    std::vector<std::int64_t> rows, columns;
    std::vector<std::int32_t> blocks;
    for (const LayerInfo& layer : m_t.layers) {
        names.push_back(layer.name);
        kinds.push_back(layer.kind);
        rows.push_back(layer.rows);
        columns.push_back(layer.columns);
        blocks.push_back(layer.block);
    }
    writeTexts(group, "name", names);
    writeTexts(group, "kind", kinds);
    writeNumbers<std::int64_t>(group, "rows", {m_shape.layers}, rows);
    writeNumbers<std::int64_t>(group, "cols", {m_shape.layers}, columns);
    writeNumbers<std::int32_t>(group, "block", {m_shape.layers}, blocks);
    for (const auto& number : layerColumns())
        table<double>(group, number.name, {m_shape.layers}, [&](std::size_t r, std::size_t l) {
            const auto& layers = m_t.rows[r]->layers;
            return layers.empty() ? kNotMeasured : number.of(layers[l]);
        });
    markForPlot(group, "kurtosis", 2);
}

void ImageWriter::writeGrid(std::size_t index) {
    static const GridScores kNone;
    m_scores.assign(m_n, &kNone);
    for (std::size_t r = 0; r < m_n; ++r) {
        const auto found = m_t.rows[r]->grids.find(m_t.gridIds[index]);
        if (found != m_t.rows[r]->grids.end()) m_scores[r] = &found->second;
    }
    H5::Group group = makeGroup("/grids/" + m_t.gridIds[index]);
    writeTextAttribute(group, "json", gridJson(m_t.gridIds[index]));
    writeIntegerAttribute(group, "index", static_cast<std::int64_t>(index));
    column<std::uint8_t>(group, "status", [&](std::size_t r) {
        return static_cast<std::uint8_t>(m_scores[r]->status);
    });
    column<std::int32_t>(group, "windows_used",
                         [&](std::size_t r) { return m_scores[r]->windowsUsed; });
    for (const auto& number : gridColumns())
        column<double>(group, number.name,
                       [&](std::size_t r) { return number.of((*m_scores[r])); });
    for (const auto& array : gridWindowArrays())
        table<float>(group, array.name, {m_shape.windows}, [&](std::size_t r, std::size_t i) {
            const auto& values = (*m_scores[r]).*array.member;
            return values.empty() ? kMissing32 : values[i];
        });
    markForPlot(group, "gap_percent", 1);
    writeGridLayers(group, index);
}

void ImageWriter::writeGridLayers(H5::Group& parent, std::size_t index) {
    m_object = parent.getObjName() + "/layers";
    H5::Group group = parent.createGroup("layers");
    for (const auto& number : gridLayerColumns())
        table<double>(group, number.name, {m_shape.layers}, [&](std::size_t r, std::size_t l) {
            const auto& layers = m_scores[r]->layers;
            return layers.empty() ? kNotMeasured : number.of(layers[l]);
        });
    const auto floats = [&](const auto& array, std::size_t count) {
        table<float>(group, array.name, {count}, [&](std::size_t r, std::size_t i) {
            const auto& values = (*m_scores[r]).*array.member;
            return values.empty() ? kMissing32 : values[i];
        });
    };
    for (const auto& array : gridLayerArrays()) floats(array, m_shape.layers);
    for (const auto& array : gridBlockArrays()) floats(array, m_shape.blocks);
    if (m_shape.histograms[index]) {
        table<std::uint32_t>(
            group, "residual_histogram", {m_shape.layers, kResidualBins},
            [&](std::size_t r, std::size_t i) {
                const auto& layers = m_scores[r]->layers;
                return layers.empty()
                           ? 0u
                           : layers[i / kResidualBins].residualHistogram[i % kResidualBins];
            });
        const std::size_t codes = m_shape.codes[index];
        if (codes > 0)
            table<std::uint32_t>(group, "code_histogram", {m_shape.layers, codes},
                                 [&](std::size_t r, std::size_t i) {
                                     const auto& layers = m_scores[r]->layers;
                                     if (layers.empty()) return 0u;
                                     const auto& counts = layers[i / codes].codeHistogram;
                                     return counts.empty() ? 0u : counts[i % codes];
                                 });
    }
    markForPlot(group, "sqnr_db", 2);
}

std::string ImageWriter::build() {
    H5::FileAccPropList access;
    access.setCore(kGrowthBytes, false);
    access.setLibverBounds(H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
    // No path below /dev/null exists, so HDF5 cannot find a file of that name.
    static std::atomic<unsigned> counter{0};
    H5::FileCreatPropList creation;
    creation.setIstorek(kChunkTreeRank);
    m_file = H5::H5File("/dev/null/trajectory-write-" + std::to_string(++counter), H5F_ACC_TRUNC,
                        creation, access);
    writePlan();
    writeCheckpoints();
    writeScores();
    writeLayers();
    H5::Group grids = makeGroup("/grids");
    for (std::size_t g = 0; g < m_t.gridIds.size(); ++g) writeGrid(g);

    m_object = "/";
    m_file.flush(H5F_SCOPE_GLOBAL);
    const ssize_t size = H5Fget_file_image(m_file.getId(), nullptr, 0);
    if (size <= 0) throw H5::FileIException("H5Fget_file_image", "no image");
    std::string image(static_cast<std::size_t>(size), '\0');
    if (H5Fget_file_image(m_file.getId(), image.data(), image.size()) != size)
        throw H5::FileIException("H5Fget_file_image", "the image changed its size");
    return image;
}

}  // namespace

Expected<std::string> writeTrajectoryImage(const Trajectory& trajectory) {
    for (const std::string& id : trajectory.gridIds) {
        if (id.empty() || id == "." || id.find('/') != std::string::npos ||
            id.find('\0') != std::string::npos)
            return Error{ErrorCode::Internal,
                         "grid " + escapeForDisplay(id),
                         "cannot be the name of a group in the file",
                         {}};
    }
    if (trajectory.evalIds.size() != trajectory.windows * trajectory.windowLength)
        return Error{ErrorCode::Internal,
                     "/eval/tokens",
                     "expected " + std::to_string(trajectory.windows) + " windows of " +
                         std::to_string(trajectory.windowLength) + " ids, found " +
                         std::to_string(trajectory.evalIds.size()) + " ids",
                     {}};
    const ImageShape shape = shapeOf(trajectory);
    for (const auto& row : trajectory.rows) GRIDSCOPE_TRY(checkRowFits(*row, trajectory, shape));
    GRIDSCOPE_TRY_ASSIGN(image, throughHdf5Gate(ErrorCode::Internal,
                                                [&](std::string& object) -> Expected<std::string> {
                                                    return ImageWriter(trajectory, object).build();
                                                }));
    if (image.size() > kMaxImageBytes)
        return Error{ErrorCode::TrajectoryLimit,
                     {},
                     "the file would have " + formatBytes(image.size()) + ", at most 1 GiB",
                     "Keep fewer histograms, or split the run into shards"};
    return image + digestTrailer(image);
}

}  // namespace gridscope
