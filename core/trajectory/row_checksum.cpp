// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/row_checksum_impl.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "core/base/sha256.h"
#include "core/trajectory/record_columns_impl.h"

namespace gridscope {

static_assert(std::endian::native == std::endian::little,
              "the checksum serialises by copying, which needs a little-endian machine");

namespace {

class Serialiser {
public:
    template <class T>
    void raw(T value) {
        char bytes[sizeof(T)];
        std::memcpy(bytes, &value, sizeof(T));
        m_bytes.append(bytes, sizeof(T));
    }
    void number(double value) { raw(std::isnan(value) ? kNotMeasured : value); }
    void number32(float value) {
        raw(std::isnan(value) ? std::numeric_limits<float>::quiet_NaN() : value);
    }
    void text(std::string_view value) {
        raw(static_cast<std::uint64_t>(value.size()));
        m_bytes.append(value);
    }
    template <class T>
    void numbers(const T& record, std::span<const NumberColumn<T>> columns) {
        for (const auto& column : columns) number(column.of(record));
    }
    void floats(const std::vector<float>& values, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            number32(i < values.size() ? values[i] : std::numeric_limits<float>::quiet_NaN());
    }
    std::string hex() const { return sha256Hex(m_bytes); }

private:
    std::string m_bytes;
};

void addHistograms(Serialiser& out, const GridStatistics& layer, std::size_t codes) {
    for (const std::uint32_t count : layer.residualHistogram) out.raw(count);
    for (std::size_t i = 0; i < codes; ++i)
        out.raw(i < layer.codeHistogram.size() ? layer.codeHistogram[i] : std::uint32_t{0});
}

void addGrid(Serialiser& out, const GridScores& scores, const ImageShape& shape,
             std::size_t index) {
    out.raw(static_cast<std::uint8_t>(scores.status));
    out.raw(scores.windowsUsed);
    out.numbers(scores, gridColumns());
    for (const auto& array : gridWindowArrays()) out.floats(scores.*array.member, shape.windows);
    for (const auto& array : gridLayerArrays()) out.floats(scores.*array.member, shape.layers);
    for (const auto& array : gridBlockArrays()) out.floats(scores.*array.member, shape.blocks);
    static const GridStatistics kNone;
    for (std::size_t l = 0; l < shape.layers; ++l) {
        const GridStatistics& layer = l < scores.layers.size() ? scores.layers[l] : kNone;
        out.numbers(layer, gridLayerColumns());
        if (shape.histograms[index]) addHistograms(out, layer, shape.codes[index]);
    }
}

}  // namespace

std::string rowChecksum(const ProbeRecord& row, const Trajectory& plan, const ImageShape& shape) {
    Serialiser out;
    out.text("gridscope-row-1");
    for (const auto& text : checkpointTexts()) out.text(row.*text.member);
    out.raw(row.step);
    out.raw(row.stage);
    out.raw(static_cast<std::uint8_t>(row.status));
    out.numbers(row, checkpointNumbers());
    out.numbers(row.fp32, fp32Columns());
    out.floats(row.fp32.windowNll, shape.windows);
    out.numbers(row, weightColumns());
    static const MatrixMoments kNoMoments;
    for (std::size_t l = 0; l < shape.layers; ++l)
        out.numbers(l < row.layers.size() ? row.layers[l] : kNoMoments, layerColumns());
    static const GridScores kNoScores;
    for (std::size_t g = 0; g < plan.gridIds.size(); ++g) {
        out.text(plan.gridIds[g]);
        const auto found = row.grids.find(plan.gridIds[g]);
        addGrid(out, found == row.grids.end() ? kNoScores : found->second, shape, g);
    }
    return out.hex();
}

}  // namespace gridscope
