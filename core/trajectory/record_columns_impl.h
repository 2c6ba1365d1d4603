// SPDX-License-Identifier: GPL-3.0-or-later

// The schema names of the numbers in a record; writer, reader, checksum and exports share them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/trajectory/record.h"

namespace gridscope {

/// A double inside `T`: a plain member, or one part of an Estimate.
template <class T>
struct NumberColumn {
    std::string_view name;
    double T::*plain = nullptr;
    Estimate T::*estimate = nullptr;
    double Estimate::*part = nullptr;

    constexpr NumberColumn(std::string_view columnName, double T::*member)
        : name(columnName), plain(member) {}
    constexpr NumberColumn(std::string_view columnName, Estimate T::*member,
                           double Estimate::*memberPart)
        : name(columnName), estimate(member), part(memberPart) {}

    double of(const T& record) const {
        return plain != nullptr ? record.*plain : (record.*estimate).*part;
    }
    double& of(T& record) const {
        return plain != nullptr ? record.*plain : (record.*estimate).*part;
    }
};

/// A member with its schema name.
template <class T, class Member>
struct NamedMember {
    std::string_view name;
    Member T::*member;
};

std::span<const NamedMember<ProbeRecord, std::string>> checkpointTexts();
std::span<const NumberColumn<ProbeRecord>> checkpointNumbers();
std::span<const NumberColumn<Fp32Scores>> fp32Columns();
std::span<const NumberColumn<ProbeRecord>> weightColumns();
std::span<const NumberColumn<MatrixMoments>> layerColumns();
std::span<const NumberColumn<GridScores>> gridColumns();
std::span<const NumberColumn<GridStatistics>> gridLayerColumns();
/// window_nll and window_kl [N].
std::span<const NamedMember<GridScores, std::vector<float>>> gridWindowArrays();
/// The sensitivities [L].
std::span<const NamedMember<GridScores, std::vector<float>>> gridLayerArrays();
/// The sensitivities [blocks].
std::span<const NamedMember<GridScores, std::vector<float>>> gridBlockArrays();

/// The column called `name`, or null.
template <class Columns>
auto findColumn(Columns columns, std::string_view name) -> decltype(columns.data()) {
    for (const auto& column : columns) {
        if (column.name == name) return &column;
    }
    return nullptr;
}

}  // namespace gridscope
