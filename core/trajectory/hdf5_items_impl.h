// SPDX-License-Identifier: GPL-3.0-or-later

// Datasets and attributes in the forms that the trajectory schema uses. All throw H5::Exception
// or return errors; to be used inside throughHdf5Gate.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/trajectory/hdf5_gate_impl.h"

namespace gridscope {

using Extent = std::vector<hsize_t>;

/// How many elements an extent has.
std::size_t elementCount(const Extent& extent);
/// "[154, 48]"
std::string extentText(const Extent& extent);

/// The file type, memory type and kind of a C++ number in the schema.
template <class T>
struct Hdf5Type;
template <>
struct Hdf5Type<double> {
    static const H5::PredType& stored() { return H5::PredType::IEEE_F64LE; }
    static const H5::PredType& native() { return H5::PredType::NATIVE_DOUBLE; }
    static constexpr H5T_class_t kKind = H5T_FLOAT;
};
template <>
struct Hdf5Type<float> {
    static const H5::PredType& stored() { return H5::PredType::IEEE_F32LE; }
    static const H5::PredType& native() { return H5::PredType::NATIVE_FLOAT; }
    static constexpr H5T_class_t kKind = H5T_FLOAT;
};
template <>
struct Hdf5Type<std::int64_t> {
    static const H5::PredType& stored() { return H5::PredType::STD_I64LE; }
    static const H5::PredType& native() { return H5::PredType::NATIVE_INT64; }
    static constexpr H5T_class_t kKind = H5T_INTEGER;
};
template <>
struct Hdf5Type<std::int32_t> {
    static const H5::PredType& stored() { return H5::PredType::STD_I32LE; }
    static const H5::PredType& native() { return H5::PredType::NATIVE_INT32; }
    static constexpr H5T_class_t kKind = H5T_INTEGER;
};
template <>
struct Hdf5Type<std::uint32_t> {
    static const H5::PredType& stored() { return H5::PredType::STD_U32LE; }
    static const H5::PredType& native() { return H5::PredType::NATIVE_UINT32; }
    static constexpr H5T_class_t kKind = H5T_INTEGER;
};
template <>
struct Hdf5Type<std::uint8_t> {
    static const H5::PredType& stored() { return H5::PredType::STD_U8LE; }
    static const H5::PredType& native() { return H5::PredType::NATIVE_UINT8; }
    static constexpr H5T_class_t kKind = H5T_INTEGER;
};

/// Variable-length UTF-8.
H5::StrType textType();

void writeTextAttribute(H5::H5Object& object, const std::string& name, const std::string& text);
void writeTextListAttribute(H5::H5Object& object, const std::string& name,
                            const std::vector<std::string>& texts);
void writeIntegerAttribute(H5::H5Object& object, const std::string& name, std::int64_t value);
/// The text, or an error with `object` as its place if it is absent or of another type.
Expected<std::string> readTextAttribute(const H5::H5Object& object, const std::string& name);
Expected<std::int64_t> readIntegerAttribute(const H5::H5Object& object, const std::string& name);

/// A dataset chunked along its first dimension, shuffled and deflated; floats get a NaN fill
/// value and `_FillValue`. Contiguous where a dimension other than the first is 0.
template <class T>
void writeNumbers(H5::Group& group, const std::string& name, const Extent& extent,
                  const std::vector<T>& values);
void writeTexts(H5::Group& group, const std::string& name, const std::vector<std::string>& texts);

/// All values of `group/name`, which must have the kind of T and the given extent.
/// Errors: trajectory.damaged.
template <class T>
Expected<std::vector<T>> readNumbers(const H5::Group& group, const std::string& name,
                                     const Extent& extent);
/// Like readNumbers, but one index of the first dimension after the other, for a dataset of which
/// a part is damaged. `readable` is how many could be read; the values after that are T{}.
template <class T>
Expected<std::vector<T>> readNumbersByRow(const H5::Group& group, const std::string& name,
                                          const Extent& extent, std::size_t& readable);
Expected<std::vector<std::string>> readTexts(const H5::Group& group, const std::string& name,
                                             hsize_t count);
/// The extent of `group/name`. Errors: trajectory.damaged if there is no such dataset.
Expected<Extent> readExtent(const H5::Group& group, const std::string& name);
/// Whether `group` has a child `name`.
bool hasChild(const H5::Group& group, const std::string& name);

/// trajectory.damaged at `where`.
Error damaged(const std::string& where, const std::string& what);

}  // namespace gridscope
