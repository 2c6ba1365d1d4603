// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/shard_index.h"

#include <algorithm>
#include <new>
#include <nlohmann/json.hpp>
#include <set>

#include "core/checkpoint/checkpoint_label.h"

namespace gridscope {

namespace {

constexpr std::size_t kDeepest = 16;
constexpr std::size_t kMostEntries = 1'000'000;
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kLongestFileName = 255;

/// Takes `weight_map` and `metadata.total_size` out of the text; other keys may hold anything.
class IndexSax final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit IndexSax(std::string_view where) : m_where(where) {}

    ShardIndex index;
    std::optional<Error> fatal;

    bool hasMap() const { return m_hasMap; }

    bool null() override { return fits("null"); }
    bool boolean(bool) override { return fits("a boolean"); }
    bool number_integer(number_integer_t value) override {
        return number(static_cast<double>(value));
    }
    bool number_unsigned(number_unsigned_t value) override {
        return number(static_cast<double>(value));
    }
    bool number_float(number_float_t value, const string_t&) override { return number(value); }
    bool string(string_t& value) override;
    bool binary(binary_t&) override { return fits("binary data"); }
    bool start_object(std::size_t) override;
    bool key(string_t& value) override;
    bool end_object() override;
    bool start_array(std::size_t) override { return fits("a list") && enter(Level::Other); }
    bool end_array() override {
        m_levels.pop_back();
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::json::exception&) override {
        return fail(ErrorCode::ShardsIndex,
                    "is not valid JSON at its byte " + std::to_string(position));
    }

private:
    enum class Level { Top, WeightMap, Metadata, Other };

    bool at(Level level) const { return !m_levels.empty() && m_levels.back() == level; }
    bool fail(ErrorCode code, std::string what) {
        fatal = Error{code, m_where, std::move(what), {}};
        return false;
    }
    bool number(double value);
    /// True unless another kind of value is needed here than the one found.
    bool fits(std::string_view found);
    bool enter(Level level);

    std::string m_where;
    std::string m_key;
    std::vector<Level> m_levels;
    std::set<std::string> m_topKeys;
    std::set<std::string> m_metadataKeys;
    bool m_hasMap = false;
};

bool IndexSax::fits(std::string_view found) {
    if (m_levels.empty())
        return fail(ErrorCode::ShardsIndex, "expected an object, found " + std::string(found));
    if (at(Level::WeightMap) || (at(Level::Top) && m_key == "weight_map"))
        return fail(ErrorCode::ShardsIndex, "weight_map must map names to file names, found " +
                                                std::string(found) + " under " +
                                                escapeForDisplay(m_key));
    return true;
}

bool IndexSax::number(double value) {
    if (at(Level::Metadata) && m_key == "total_size") index.totalSize = value;
    return fits("a number");
}

bool IndexSax::string(string_t& value) {
    if (!at(Level::WeightMap)) return fits("a string");
    index.weightMap.emplace_back(m_key, std::move(value));
    return true;
}

bool IndexSax::enter(Level level) {
    if (m_levels.size() == kDeepest)
        return fail(ErrorCode::JsonDepth,
                    "is nested deeper than " + std::to_string(kDeepest) + " levels");
    m_levels.push_back(level);
    return true;
}

bool IndexSax::start_object(std::size_t) {
    if (m_levels.empty()) return enter(Level::Top);
    if (at(Level::Top) && m_key == "metadata") return enter(Level::Metadata);
    if (!at(Level::Top) || m_key != "weight_map") return fits("an object") && enter(Level::Other);
    m_hasMap = true;
    return enter(Level::WeightMap);
}

bool IndexSax::key(string_t& value) {
    if (at(Level::Top) && !m_topKeys.insert(value).second)
        return fail(ErrorCode::ShardsIndex, "has the key " + escapeForDisplay(value) + " twice");
    if (at(Level::Metadata) && !m_metadataKeys.insert(value).second)
        return fail(ErrorCode::ShardsIndex,
                    "has the key " + escapeForDisplay(value) + " twice in metadata");
    if (at(Level::WeightMap)) {
        if (index.weightMap.size() == kMostEntries)
            return fail(ErrorCode::ShardsIndex,
                        "lists more than " + std::to_string(kMostEntries) + " tensors");
        if (value.empty() || value.size() > kLongestName || value.find('\0') != std::string::npos)
            return fail(ErrorCode::ShardsIndex,
                        "a tensor name is empty, holds NUL or is longer than 1024 bytes");
    }
    m_key = std::move(value);
    return true;
}

bool IndexSax::end_object() {
    m_levels.pop_back();
    return true;
}

bool isPlainName(std::string_view name) {
    return !name.empty() && name.size() <= kLongestFileName && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\\:\0", 4)) == std::string_view::npos;
}

Expected<void> checkEntries(ShardIndex& index, std::string_view where) {
    std::sort(index.weightMap.begin(), index.weightMap.end());
    for (std::size_t i = 0; i < index.weightMap.size(); ++i) {
        const auto& entry = index.weightMap[i];
        if (i > 0 && entry.first == index.weightMap[i - 1].first)
            return Error{ErrorCode::ShardsIndex,
                         std::string(where),
                         "lists the tensor " + escapeForDisplay(entry.first) + " twice",
                         {}};
        if (!isPlainName(entry.second))
            return Error{ErrorCode::ShardsOutsideFolder,
                         std::string(where) + ", " + escapeForDisplay(entry.first),
                         "names the file " + escapeForDisplay(entry.second) +
                             ", expected one in the folder of the index",
                         "Fetch the index again from where it was published"};
        index.files.push_back(entry.second);
    }
    std::sort(index.files.begin(), index.files.end(), naturallyBefore);
    index.files.erase(std::unique(index.files.begin(), index.files.end()), index.files.end());
    return {};
}

}  // namespace

Expected<ShardIndex> parseShardIndex(std::string_view json, std::string_view where) {
    const auto fault = [&](std::string what) {
        return Error{ErrorCode::ShardsIndex, std::string(where), std::move(what),
                     "Fetch the index again"};
    };
    if (json.size() > kLargestShardIndex)
        return fault("has " + std::to_string(json.size()) + " bytes, at most 64 MiB are read");
    // The parser would take a NUL for the end of the text.
    if (json.find('\0') != std::string_view::npos) return fault("holds a NUL byte");
    try {
        IndexSax sax(where);
        const bool walked = nlohmann::json::sax_parse(json.begin(), json.end(), &sax);
        if (sax.fatal) return *sax.fatal;
        if (!walked) return fault("is not valid JSON");
        if (!sax.hasMap() || sax.index.weightMap.empty())
            return fault("has no weight_map with tensors");
        GRIDSCOPE_TRY(checkEntries(sax.index, where));
        return std::move(sax.index);
    } catch (const nlohmann::json::exception& error) {
        return fault(std::string("is not valid JSON: ") + error.what());
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, std::string(where), "no memory for the index",
                     "Close other programs"};
    }
}

}  // namespace gridscope
