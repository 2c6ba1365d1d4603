// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/hdf5_items_impl.h"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace gridscope {

namespace {

constexpr std::size_t kChunkBytes = 64u << 10;
constexpr int kDeflateLevel = 4;

/// One row per chunk for histograms, else as many rows as fill about 64 KiB.
Extent chunkOf(const Extent& extent, std::size_t elementBytes) {
    Extent chunk = extent;
    std::size_t rowBytes = elementBytes;
    for (std::size_t d = 1; d < extent.size(); ++d) rowBytes *= extent[d];
    chunk[0] = extent.size() >= 3 ? 1 : std::max<std::size_t>(1, kChunkBytes / rowBytes);
    // The file is built anew every time, so a chunk need not leave room for rows to come.
    chunk[0] = std::clamp<hsize_t>(extent[0], 1, chunk[0]);
    return chunk;
}

bool canBeChunked(const Extent& extent) {
    return std::all_of(extent.begin() + 1, extent.end(), [](hsize_t n) { return n > 0; });
}

H5::DataSet createDataset(H5::Group& group, const std::string& name, const Extent& extent,
                          const H5::DataType& type, H5::DSetCreatPropList& properties) {
    // Times in the file would make equal measurements differ byte by byte.
    H5Pset_obj_track_times(properties.getId(), false);
    const auto rank = static_cast<int>(extent.size());
    if (!canBeChunked(extent))
        return group.createDataSet(name, type, H5::DataSpace(rank, extent.data()), properties);
    Extent limit = extent;
    limit[0] = H5S_UNLIMITED;
    const Extent chunk = chunkOf(extent, type.getSize());
    properties.setChunk(rank, chunk.data());
    return group.createDataSet(name, type, H5::DataSpace(rank, extent.data(), limit.data()),
                               properties);
}

Extent extentOf(const H5::DataSet& dataset) {
    const H5::DataSpace space = dataset.getSpace();
    Extent extent(static_cast<std::size_t>(space.getSimpleExtentNdims()));
    if (!extent.empty()) space.getSimpleExtentDims(extent.data());
    return extent;
}

Expected<H5::DataSet> openDataset(const H5::Group& group, const std::string& name,
                                  const Extent& extent, H5T_class_t kind) {
    if (!hasChild(group, name) || group.childObjType(name) != H5O_TYPE_DATASET)
        return damaged(name, "the dataset is missing");
    H5::DataSet dataset = group.openDataSet(name);
    if (dataset.getTypeClass() != kind)
        return damaged(name, "expected type class " + std::to_string(kind) + ", found " +
                                 std::to_string(dataset.getTypeClass()));
    const Extent found = extentOf(dataset);
    if (found != extent)
        return damaged(name,
                       "expected " + extentText(extent) + " values, found " + extentText(found));
    return dataset;
}

Expected<H5::Attribute> openAttribute(const H5::H5Object& object, const std::string& name,
                                      H5T_class_t kind) {
    if (!object.attrExists(name)) return damaged("@" + name, "the attribute is missing");
    H5::Attribute attribute = object.openAttribute(name);
    if (attribute.getTypeClass() != kind || attribute.getSpace().getSimpleExtentNpoints() != 1)
        return damaged("@" + name, "the attribute has another type than the schema says");
    return attribute;
}

/// Frees the strings that HDF5 allocated, on every way out.
class TextBuffer {
public:
    TextBuffer(std::size_t count, const H5::DataSpace& space)
        : m_pointers(count, nullptr), m_space(space) {}
    TextBuffer(const TextBuffer&) = delete;
    TextBuffer& operator=(const TextBuffer&) = delete;
    ~TextBuffer() {
        H5Dvlen_reclaim(textType().getId(), m_space.getId(), H5P_DEFAULT, m_pointers.data());
    }
    char** data() { return m_pointers.data(); }
    std::string text(std::size_t i) const {
        return m_pointers[i] == nullptr ? std::string() : std::string(m_pointers[i]);
    }

private:
    std::vector<char*> m_pointers;
    H5::DataSpace m_space;
};

}  // namespace

std::size_t elementCount(const Extent& extent) {
    std::size_t count = 1;
    for (const hsize_t n : extent) count *= static_cast<std::size_t>(n);
    return count;
}

std::string extentText(const Extent& extent) {
    std::string text = "[";
    for (std::size_t i = 0; i < extent.size(); ++i)
        text += (i > 0 ? ", " : "") + std::to_string(extent[i]);
    return text + "]";
}

Error damaged(const std::string& where, const std::string& what) {
    return {ErrorCode::TrajectoryDamaged, where, what,
            "Recover the readable rows into a new file, or use the .bak beside it"};
}

bool hasChild(const H5::Group& group, const std::string& name) {
    return H5Lexists(group.getId(), name.c_str(), H5P_DEFAULT) > 0;
}

H5::StrType textType() {
    H5::StrType type(H5::PredType::C_S1, H5T_VARIABLE);
    type.setCset(H5T_CSET_UTF8);
    return type;
}

void writeTextAttribute(H5::H5Object& object, const std::string& name, const std::string& text) {
    const char* pointer = text.c_str();
    object.createAttribute(name, textType(), H5::DataSpace(H5S_SCALAR))
        .write(textType(), static_cast<const void*>(&pointer));
}

void writeTextListAttribute(H5::H5Object& object, const std::string& name,
                            const std::vector<std::string>& texts) {
    std::vector<const char*> pointers;
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    const hsize_t count = texts.size();
    object.createAttribute(name, textType(), H5::DataSpace(1, &count))
        .write(textType(), static_cast<const void*>(pointers.data()));
}

void writeIntegerAttribute(H5::H5Object& object, const std::string& name, std::int64_t value) {
    object.createAttribute(name, H5::PredType::STD_I64LE, H5::DataSpace(H5S_SCALAR))
        .write(H5::PredType::NATIVE_INT64, &value);
}

Expected<std::string> readTextAttribute(const H5::H5Object& object, const std::string& name) {
    GRIDSCOPE_TRY_ASSIGN(attribute, openAttribute(object, name, H5T_STRING));
    if (!attribute.getStrType().isVariableStr())
        return damaged("@" + name, "the text has a fixed length, the schema says variable");
    TextBuffer buffer(1, attribute.getSpace());
    attribute.read(textType(), static_cast<void*>(buffer.data()));
    return buffer.text(0);
}

Expected<std::int64_t> readIntegerAttribute(const H5::H5Object& object, const std::string& name) {
    GRIDSCOPE_TRY_ASSIGN(attribute, openAttribute(object, name, H5T_INTEGER));
    std::int64_t value = 0;
    attribute.read(H5::PredType::NATIVE_INT64, &value);
    return value;
}

template <class T>
void writeNumbers(H5::Group& group, const std::string& name, const Extent& extent,
                  const std::vector<T>& values) {
    H5::DSetCreatPropList properties;
    if (canBeChunked(extent)) {
        properties.setShuffle();
        properties.setDeflate(kDeflateLevel);
    }
    const H5::PredType& stored = Hdf5Type<T>::stored();
    const T missing = std::numeric_limits<T>::quiet_NaN();
    if constexpr (std::is_floating_point_v<T>)
        properties.setFillValue(Hdf5Type<T>::native(), &missing);
    H5::DataSet dataset = createDataset(group, name, extent, stored, properties);
    if (!values.empty()) dataset.write(values.data(), Hdf5Type<T>::native());
    if constexpr (std::is_floating_point_v<T>)
        dataset.createAttribute("_FillValue", stored, H5::DataSpace(H5S_SCALAR))
            .write(Hdf5Type<T>::native(), &missing);
}

void writeTexts(H5::Group& group, const std::string& name, const std::vector<std::string>& texts) {
    std::vector<const char*> pointers;
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    H5::DSetCreatPropList properties;  // no filters: the chunks hold references only
    H5::DataSet dataset = createDataset(group, name, {texts.size()}, textType(), properties);
    if (!texts.empty()) dataset.write(static_cast<const void*>(pointers.data()), textType());
}

Expected<Extent> readExtent(const H5::Group& group, const std::string& name) {
    if (!hasChild(group, name) || group.childObjType(name) != H5O_TYPE_DATASET)
        return damaged(name, "the dataset is missing");
    return extentOf(group.openDataSet(name));
}

template <class T>
Expected<std::vector<T>> readNumbers(const H5::Group& group, const std::string& name,
                                     const Extent& extent) {
    GRIDSCOPE_TRY_ASSIGN(dataset, openDataset(group, name, extent, Hdf5Type<T>::kKind));
    std::vector<T> values(elementCount(extent));
    if (!values.empty()) dataset.read(values.data(), Hdf5Type<T>::native());
    return values;
}

template <class T>
Expected<std::vector<T>> readNumbersByRow(const H5::Group& group, const std::string& name,
                                          const Extent& extent, std::size_t& readable) {
    GRIDSCOPE_TRY_ASSIGN(dataset, openDataset(group, name, extent, Hdf5Type<T>::kKind));
    std::vector<T> values(elementCount(extent));
    readable = 0;
    if (values.empty()) return values;
    Extent count = extent, start(extent.size(), 0);
    count[0] = 1;
    const std::size_t perRow = elementCount(count);
    const H5::DataSpace memory(static_cast<int>(count.size()), count.data());
    for (; readable < extent[0]; ++readable) {
        start[0] = readable;
        const H5::DataSpace space = dataset.getSpace();
        space.selectHyperslab(H5S_SELECT_SET, count.data(), start.data());
        try {
            dataset.read(values.data() + readable * perRow, Hdf5Type<T>::native(), memory, space);
        } catch (const H5::Exception&) {
            std::fill(values.begin() + static_cast<std::ptrdiff_t>(readable * perRow), values.end(),
                      T{});
            break;
        }
    }
    return values;
}

Expected<std::vector<std::string>> readTexts(const H5::Group& group, const std::string& name,
                                             hsize_t count) {
    const Extent extent{count};
    GRIDSCOPE_TRY_ASSIGN(dataset, openDataset(group, name, extent, H5T_STRING));
    if (!dataset.getStrType().isVariableStr())
        return damaged(name, "the texts have a fixed length, the schema says variable");
    std::vector<std::string> texts;
    if (count == 0) return texts;
    TextBuffer buffer(static_cast<std::size_t>(count), dataset.getSpace());
    dataset.read(static_cast<void*>(buffer.data()), textType());
    for (std::size_t i = 0; i < count; ++i) texts.push_back(buffer.text(i));
    return texts;
}

#define GRIDSCOPE_INSTANTIATE(T) \
    template void writeNumbers<T>(H5::Group&, const std::string&, const Extent&, \
                                  const std::vector<T>&); \
    template Expected<std::vector<T>> readNumbers<T>(const H5::Group&, const std::string&, \
                                                     const Extent&); \
    template Expected<std::vector<T>> readNumbersByRow<T>(const H5::Group&, const std::string&, \
                                                          const Extent&, std::size_t&);
GRIDSCOPE_INSTANTIATE(double)
GRIDSCOPE_INSTANTIATE(float)
GRIDSCOPE_INSTANTIATE(std::int64_t)
GRIDSCOPE_INSTANTIATE(std::int32_t)
GRIDSCOPE_INSTANTIATE(std::uint32_t)
GRIDSCOPE_INSTANTIATE(std::uint8_t)
#undef GRIDSCOPE_INSTANTIATE

}  // namespace gridscope
