// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/image_structure_impl.h"

#include <algorithm>
#include <vector>

#include "core/trajectory/hdf5_items_impl.h"

namespace gridscope {

namespace {

constexpr int kMaxDepth = 8;
constexpr int kMaxObjects = 50'000;
constexpr int kMaxRank = 4;
constexpr hsize_t kMaxElements = 1'000'000'000;
constexpr hsize_t kMaxChunkBytes = 64u << 20;
// Deflate unfolds a byte to 1032 at most; small datasets are allowed whatever they claim.
constexpr hsize_t kMaxUnfolding = 1100;
constexpr hsize_t kAlwaysAllowed = 1u << 20;

class StructureWalk {
public:
    explicit StructureWalk(std::string& object) : m_object(object) {}

    Expected<void> group(const H5::Group& group, const std::string& path, int depth) {
        if (depth > kMaxDepth)
            return damaged(path, "groups are nested deeper than " + std::to_string(kMaxDepth));
        const hsize_t children = group.getNumObjs();
        for (hsize_t i = 0; i < children; ++i) {
            const std::string name = group.getObjnameByIdx(i);
            const std::string childPath = (path == "/" ? path : path + "/") + name;
            m_object = childPath;
            if (++m_objects > kMaxObjects)
                return Error{ErrorCode::TrajectoryLimit,
                             childPath,
                             "more than " + std::to_string(kMaxObjects) + " objects",
                             {}};
            GRIDSCOPE_TRY(child(group, name, childPath, depth));
        }
        return {};
    }

private:
    Expected<void> child(const H5::Group& parent, const std::string& name, const std::string& path,
                         int depth) {
        H5L_info_t link{};
        if (H5Lget_info(parent.getId(), name.c_str(), &link, H5P_DEFAULT) < 0)
            return damaged(path, "the link cannot be read");
        if (link.type != H5L_TYPE_HARD)
            return damaged(path, link.type == H5L_TYPE_SOFT
                                     ? "is a soft link, which the schema does not have"
                                     : "is an external link, which is never followed");
        switch (parent.childObjType(name)) {
        case H5O_TYPE_GROUP:
            return group(parent.openGroup(name), path, depth + 1);
        case H5O_TYPE_DATASET:
            return dataset(parent.openDataSet(name), path);
        default:
            return damaged(path, "is neither a group nor a dataset");
        }
    }

    static Expected<void> dataset(const H5::DataSet& dataset, const std::string& path) {
        const H5::DSetCreatPropList properties = dataset.getCreatePlist();
        const H5D_layout_t layout = properties.getLayout();
        if (layout == H5D_VIRTUAL) return damaged(path, "is a virtual dataset");
        if (properties.getExternalCount() > 0)
            return damaged(path, "keeps its data in another file");
        GRIDSCOPE_TRY(filters(properties, path));
        if (layout == H5D_CHUNKED) GRIDSCOPE_TRY(chunk(dataset, properties, path));
        return extent(dataset, path);
    }

    static Expected<void> filters(const H5::DSetCreatPropList& properties,
                                  const std::string& path) {
        for (int i = 0; i < properties.getNfilters(); ++i) {
            unsigned flags = 0;
            std::size_t values = 0;
            unsigned configuration = 0;
            char name[2] = {};
            const H5Z_filter_t filter =
                properties.getFilter(i, flags, values, nullptr, sizeof(name), name, configuration);
            if (filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_DEFLATE)
                return damaged(path, "uses filter " + std::to_string(filter) +
                                         "; only shuffle (2) and deflate (1) are read");
        }
        return {};
    }

    static Expected<void> chunk(const H5::DataSet& dataset, const H5::DSetCreatPropList& properties,
                                const std::string& path) {
        hsize_t dims[H5S_MAX_RANK] = {};
        const int rank = properties.getChunk(H5S_MAX_RANK, dims);
        hsize_t bytes = dataset.getDataType().getSize();
        for (int d = 0; d < rank; ++d) {
            bytes *= std::max<hsize_t>(dims[d], 1);
            if (bytes > kMaxChunkBytes)
                return Error{ErrorCode::TrajectoryLimit, path, "a chunk is larger than 64 MiB", {}};
        }
        return {};
    }

    static Expected<void> extent(const H5::DataSet& dataset, const std::string& path) {
        const H5::DataSpace space = dataset.getSpace();
        const int rank = space.getSimpleExtentNdims();
        if (rank > kMaxRank)
            return Error{ErrorCode::TrajectoryLimit,
                         path,
                         "has rank " + std::to_string(rank) + ", at most 4 is read",
                         {}};
        hsize_t dims[kMaxRank] = {};
        if (rank > 0) space.getSimpleExtentDims(dims);
        hsize_t elements = 1;
        for (int d = 0; d < rank; ++d) {
            if (dims[d] > kMaxElements || elements * std::max<hsize_t>(dims[d], 1) > kMaxElements)
                return Error{
                    ErrorCode::TrajectoryLimit, path, "has more than 1,000,000,000 elements", {}};
            elements *= dims[d];
        }
        const hsize_t bytes = elements * dataset.getDataType().getSize();
        const hsize_t stored = dataset.getStorageSize();
        if (bytes > kAlwaysAllowed && bytes / kMaxUnfolding > stored)
            return damaged(path, "claims " + std::to_string(bytes) + " bytes, but only " +
                                     std::to_string(stored) + " are stored");
        return {};
    }

    std::string& m_object;
    int m_objects = 0;
};

}  // namespace

Expected<void> checkImageStructure(const H5::H5File& file, std::string& object) {
    return StructureWalk(object).group(file.openGroup("/"), "/", 0);
}

}  // namespace gridscope
