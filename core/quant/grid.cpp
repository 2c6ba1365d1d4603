// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/quant/grid.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace gridscope {

namespace {

struct DialectName {
    GridDialect dialect;
    std::string_view name;
};

/// nf4 has no dialect part: its id starts with its name.
constexpr std::array kDialectNames = {
    DialectName{GridDialect::MinMax, "minmax"},
    DialectName{GridDialect::AbsMax, "absmax"},
    DialectName{GridDialect::Gptq, "gptq"},
    DialectName{GridDialect::Awq, "awq"},
    DialectName{GridDialect::FloatZero, "float-zero"},
    DialectName{GridDialect::Q4_0, "q4_0"},
    DialectName{GridDialect::Q4_1, "q4_1"},
    DialectName{GridDialect::Q8_0, "q8_0"},
    DialectName{GridDialect::TorchAo, "torchao"},
};

constexpr std::string_view kGrammarHint =
    "write (a|s)<bits>(g<size>|channel|tensor)[:dialect][~phase|~noise], nf4g<size>, or a preset "
    "such as int4";

std::string_view dialectName(GridDialect dialect) {
    for (const DialectName& entry : kDialectNames) {
        if (entry.dialect == dialect) return entry.name;
    }
    return "nf4";
}

GridDialect defaultDialect(const Grid& grid) {
    return grid.symmetric ? GridDialect::AbsMax : GridDialect::MinMax;
}

Error syntaxError(std::string_view text, std::string what) {
    return Error{ErrorCode::SettingsSyntax, "grid " + escapeForDisplay(text), std::move(what),
                 std::string(kGrammarHint)};
}

Error rangeError(std::string_view text, std::string what) {
    return Error{ErrorCode::SettingsRange, "grid " + escapeForDisplay(text), std::move(what),
                 std::string(kGrammarHint)};
}

bool consume(std::string_view& rest, std::string_view prefix) {
    if (!rest.starts_with(prefix)) return false;
    rest.remove_prefix(prefix.size());
    return true;
}

/// The decimal digits at the front of `rest`; values beyond 64 bits become the largest one, so
/// that they fail as out of range and not as a spelling mistake.
std::optional<std::uint64_t> consumeNumber(std::string_view& rest) {
    std::uint64_t value = 0;
    const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (end == rest.data()) return std::nullopt;
    if (status == std::errc::result_out_of_range) value = std::numeric_limits<std::uint64_t>::max();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return value;
}

Expected<void> readGroupSize(std::string_view text, std::string_view& rest, Grid& grid) {
    const std::optional<std::uint64_t> size = consumeNumber(rest);
    if (!size) return syntaxError(text, "expected a group size after 'g'");
    if (*size < 1 || *size > std::numeric_limits<std::uint32_t>::max())
        return rangeError(text, "expected a group size from 1 to 4294967295");
    grid.groupKind = GroupKind::Size;
    grid.groupSize = static_cast<std::uint32_t>(*size);
    return {};
}

Expected<void> readGroup(std::string_view text, std::string_view& rest, Grid& grid) {
    if (consume(rest, "channel")) {
        grid.groupKind = GroupKind::Channel;
    } else if (consume(rest, "tensor")) {
        grid.groupKind = GroupKind::Tensor;
    } else if (consume(rest, "g")) {
        return readGroupSize(text, rest, grid);
    } else {
        return syntaxError(text, "expected g<size>, channel or tensor after the bits");
    }
    // One spelling for one grid: the size means nothing here and keeps its default.
    grid.groupSize = Grid{}.groupSize;
    return {};
}

Expected<void> readDialect(std::string_view text, std::string_view name, Grid& grid) {
    const auto entry =
        std::find_if(kDialectNames.begin(), kDialectNames.end(),
                     [name](const DialectName& known) { return known.name == name; });
    if (entry == kDialectNames.end())
        return syntaxError(text, "unknown dialect '" + escapeForDisplay(name) + "'");
    grid.dialect = entry->dialect;
    return {};
}

/// Which bits and symmetries a dialect is defined for (science.md, 1.1).
Expected<void> checkDialect(std::string_view text, const Grid& grid) {
    const auto fail = [&](std::string_view needs) {
        return rangeError(text, "the dialect " + std::string(dialectName(grid.dialect)) +
                                    " needs " + std::string(needs));
    };
    switch (grid.dialect) {
    case GridDialect::MinMax:
    case GridDialect::Awq:
    case GridDialect::FloatZero:
        if (grid.symmetric) return fail("an asymmetric grid (a...)");
        return {};
    case GridDialect::AbsMax:
    case GridDialect::TorchAo:
        if (!grid.symmetric) return fail("a symmetric grid (s...)");
        return {};
    case GridDialect::Q4_0:
        if (!grid.symmetric || grid.bits != 4) return fail("a symmetric grid of 4 bits (s4...)");
        return {};
    case GridDialect::Q4_1:
        if (grid.symmetric || grid.bits != 4) return fail("an asymmetric grid of 4 bits (a4...)");
        return {};
    case GridDialect::Q8_0:
        if (!grid.symmetric || grid.bits != 8) return fail("a symmetric grid of 8 bits (s8...)");
        return {};
    case GridDialect::Gptq:
    case GridDialect::NormalFloat:
        return {};
    }
    return {};
}

Expected<Grid> readUniformGrid(std::string_view text, std::string_view rest) {
    Grid grid;
    if (consume(rest, "s")) {
        grid.symmetric = true;
    } else if (!consume(rest, "a")) {
        return syntaxError(text, "expected 'a' (asymmetric) or 's' (symmetric) first");
    }
    const std::optional<std::uint64_t> bits = consumeNumber(rest);
    if (!bits) return syntaxError(text, "expected the number of bits after 'a' or 's'");
    if (*bits < 2 || *bits > 8) return rangeError(text, "expected 2 to 8 bits");
    grid.bits = static_cast<int>(*bits);
    GRIDSCOPE_TRY(readGroup(text, rest, grid));
    grid.dialect = defaultDialect(grid);
    if (consume(rest, ":")) {
        GRIDSCOPE_TRY(readDialect(text, rest, grid));
    } else if (!rest.empty()) {
        return syntaxError(text, "expected ':' and a dialect, or nothing, after the group");
    }
    GRIDSCOPE_TRY(checkDialect(text, grid));
    return grid;
}

Expected<Grid> readNormalFloat(std::string_view text, std::string_view rest) {
    Grid grid;
    grid.symmetric = true;
    grid.dialect = GridDialect::NormalFloat;
    GRIDSCOPE_TRY(readGroupSize(text, rest, grid));
    if (!rest.empty()) return syntaxError(text, "expected nothing after nf4g<size>");
    return grid;
}

std::string groupText(const Grid& grid) {
    switch (grid.groupKind) {
    case GroupKind::Channel:
        return "channel";
    case GroupKind::Tensor:
        return "tensor";
    case GroupKind::Size:
        break;
    }
    return "g" + std::to_string(grid.groupSize);
}

std::string schemeName(const Grid& grid) {
    if (grid.dialect == GridDialect::NormalFloat)
        return grid.groupSize == 64 ? "NF4" : "NF4 " + groupText(grid);
    std::string name = "INT" + std::to_string(grid.bits);
    const bool paperInt8 = grid.bits == 8 && grid.symmetric &&
                           grid.groupKind == GroupKind::Channel &&
                           grid.dialect == GridDialect::AbsMax;
    const bool likePaperInt4 = grid.bits != 8 && !grid.symmetric &&
                               grid.groupKind == GroupKind::Size && grid.groupSize == 128 &&
                               grid.dialect == GridDialect::MinMax;
    if (paperInt8 || likePaperInt4) return name;
    name += grid.symmetric ? " sym " : " asym ";
    name += grid.groupKind == GroupKind::Size ? groupText(grid) : "per " + groupText(grid);
    if (grid.dialect != defaultDialect(grid)) name.append(" ").append(dialectName(grid.dialect));
    return name;
}

}  // namespace

std::uint64_t Grid::groupLength(std::uint64_t columns, std::uint64_t elements) const {
    switch (groupKind) {
    case GroupKind::Channel:
        return columns;
    case GroupKind::Tensor:
        return elements;
    case GroupKind::Size:
        break;
    }
    // Blocks of nf4 run over the flattened tensor, groups of all others end with their row.
    const std::uint64_t limit = dialect == GridDialect::NormalFloat ? elements : columns;
    return std::min<std::uint64_t>(groupSize, limit);
}

Expected<Grid> parseGrid(std::string_view text) {
    std::string_view base = text;
    GridControl control = GridControl::None;
    if (const std::size_t tilde = text.find('~'); tilde != std::string_view::npos) {
        const std::string_view name = text.substr(tilde + 1);
        if (name == "phase") {
            control = GridControl::RandomPhase;
        } else if (name == "noise") {
            control = GridControl::GaussianNoise;
        } else {
            return syntaxError(text, "expected 'phase' or 'noise' after '~'");
        }
        base = text.substr(0, tilde);
    }
    for (const GridPreset& preset : gridPresets()) {
        if (preset.name == base) {
            base = preset.id;
            break;
        }
    }
    std::string_view rest = base;
    const bool normalFloat = consume(rest, "nf4g");
    GRIDSCOPE_TRY_ASSIGN(grid,
                         normalFloat ? readNormalFloat(text, rest) : readUniformGrid(text, rest));
    grid.control = control;
    if (normalFloat && control == GridControl::RandomPhase)
        return rangeError(text, "the levels of nf4 are not equally spaced, so they have no phase");
    return grid;
}

std::string gridId(const Grid& grid) {
    std::string id;
    if (grid.dialect == GridDialect::NormalFloat) {
        id = "nf4" + groupText(grid);
    } else {
        id = (grid.symmetric ? "s" : "a") + std::to_string(grid.bits) + groupText(grid);
        id.append(":").append(dialectName(grid.dialect));
    }
    if (grid.control == GridControl::RandomPhase) id += "~phase";
    if (grid.control == GridControl::GaussianNoise) id += "~noise";
    return id;
}

std::string gridDisplayName(const Grid& grid) {
    std::string name = schemeName(grid);
    if (grid.control == GridControl::RandomPhase) name += ", random phase";
    if (grid.control == GridControl::GaussianNoise) name += ", Gaussian noise";
    return name;
}

const std::vector<GridPreset>& gridPresets() {
    static const std::vector<GridPreset> presets = {
        {"int4", "a4g128:minmax", "the paper's INT4: raw range, zero-point not clamped"},
        {"int3", "a3g128:minmax", "as int4, with 3 bits"},
        {"int2", "a2g128:minmax", "as int4, with 2 bits"},
        {"int8", "s8channel:absmax", "the paper's INT8: equals the weight grid of bitsandbytes"},
        {"gptq-int4", "a4g128:gptq", "GPTQModel, AutoGPTQ, INC: zero forced into the range"},
        {"gptq-sym-int4", "s4g128:gptq", "GPTQModel's default"},
        {"awq-int4", "a4g128:awq", "AutoAWQ: zero-point clamped"},
        {"tinygemm-int4", "a4g128:float-zero", "torchao; also HQQ without optimisation"},
        {"q4_0", "s4g32:q4_0", "llama.cpp"},
        {"q4_1", "a4g32:q4_1", "llama.cpp"},
        {"q8_0", "s8g32:q8_0", "llama.cpp"},
        {"torchao-int8", "s8channel:torchao", "torchao: codes -128..127"},
        {"nf4", "nf4g64", "QLoRA: 16 NormalFloat levels, blocks over the flattened tensor"},
    };
    return presets;
}

}  // namespace gridscope
