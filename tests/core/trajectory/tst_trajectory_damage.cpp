// SPDX-License-Identifier: GPL-3.0-or-later

// Files that are no good trajectories give typed errors; readable rows can be recovered (H04-H06).

#include <H5Cpp.h>
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <functional>

#include "core/trajectory/recover_trajectory.h"
#include "core/trajectory/trajectory_store.h"
#include "tests/core/trajectory/synthetic_trajectory.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using test::firstDifference;
using test::syntheticPlan;
using test::syntheticRow;

namespace {

/// What stands behind the HDF5 part: a mark of 16 bytes and 64 hex digits.
constexpr std::size_t kTrailerBytes = 80;

using Change = std::function<void(H5::H5File&)>;

void writeBytes(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
}

std::string readBytes(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Puts an empty double dataset with these dimensions in the place of `path`.
void replaceDataset(H5::H5File& file, const std::string& path, std::vector<hsize_t> dims,
                    const H5::DSetCreatPropList& properties = {}) {
    file.unlink(path);
    file.createDataSet(path, H5::PredType::NATIVE_DOUBLE,
                       H5::DataSpace(static_cast<int>(dims.size()), dims.data()), properties);
}

void setFirstValue(H5::H5File& file, const std::string& path, double value) {
    H5::DataSet dataset = file.openDataSet(path);
    std::vector<double> values(
        static_cast<std::size_t>(dataset.getSpace().getSimpleExtentNpoints()));
    dataset.read(values.data(), H5::PredType::NATIVE_DOUBLE);
    values[0] = value;
    dataset.write(values.data(), H5::PredType::NATIVE_DOUBLE);
}

struct BadFile {
    const char* name;
    ErrorCode code;
    const char* where;  ///< inside the file
    Change change;
};

std::vector<BadFile> badFiles() {
    using enum ErrorCode;
    return {
        {"newer version", TrajectoryNewer, "/@format_version",
         [](H5::H5File& f) {
             const std::int64_t version = 2;
             f.openGroup("/")
                 .openAttribute("format_version")
                 .write(H5::PredType::NATIVE_INT64, &version);
         }},
        {"version that never existed", TrajectoryDamaged, "/@format_version",
         [](H5::H5File& f) {
             const std::int64_t version = 0;
             f.openGroup("/")
                 .openAttribute("format_version")
                 .write(H5::PredType::NATIVE_INT64, &version);
         }},
        {"foreign HDF5", TrajectoryForeign, "/@format",
         [](H5::H5File& f) { f.openGroup("/").removeAttr("format"); }},
        {"value changed", TrajectoryDamaged, "/checkpoints",
         [](H5::H5File& f) { setFirstValue(f, "/fp32/ce", 1.25); }},
        {"grid value changed", TrajectoryDamaged, "/checkpoints",
         [](H5::H5File& f) { setFirstValue(f, "/grids/a4g128:minmax/layers/edge_mass", 0.2); }},
        {"column of another length", TrajectoryDamaged, "/weights, kurtosis_max",
         [](H5::H5File& f) { replaceDataset(f, "/weights/kurtosis_max", {7}); }},
        {"column of another rank", TrajectoryDamaged, "/layers, sd",
         [](H5::H5File& f) { replaceDataset(f, "/layers/sd", {3}); }},
        {"column missing", TrajectoryDamaged, "/fp32, ppl",
         [](H5::H5File& f) { f.unlink("/fp32/ppl"); }},
        {"group missing", TrajectoryDamaged, "/weights",
         [](H5::H5File& f) { f.unlink("/weights"); }},
        {"steps that are floats and may be NaN", TrajectoryDamaged, "step",
         [](H5::H5File& f) { replaceDataset(f, "/checkpoints/step", {3}); }},
        {"external link", TrajectoryDamaged, "/fp32/elsewhere",
         [](H5::H5File& f) {
             H5Lcreate_external("other.h5", "/x", f.getId(), "/fp32/elsewhere", H5P_DEFAULT,
                                H5P_DEFAULT);
         }},
        {"soft link", TrajectoryDamaged, "/fp32/soft",
         [](H5::H5File& f) { f.link(H5L_TYPE_SOFT, "/fp32/ce", "/fp32/soft"); }},
        {"group that contains itself", TrajectoryDamaged, "",
         [](H5::H5File& f) { f.link(H5L_TYPE_HARD, "/fp32", "/fp32/loop"); }},
        {"external storage", TrajectoryDamaged, "/weights/kurtosis_max",
         [](H5::H5File& f) {
             H5::DSetCreatPropList properties;
             properties.setExternal("/etc/passwd", 0, 24);
             replaceDataset(f, "/weights/kurtosis_max", {3}, properties);
         }},
        {"virtual dataset", TrajectoryDamaged, "/weights/kurtosis_max",
         [](H5::H5File& f) {
             const hsize_t n = 3;
             const H5::DataSpace space(1, &n);
             H5::DSetCreatPropList properties;
             H5Pset_virtual(properties.getId(), space.getId(), "other.h5", "/x", space.getId());
             replaceDataset(f, "/weights/kurtosis_max", {3}, properties);
         }},
        {"unknown filter", TrajectoryDamaged, "/weights/kurtosis_max",
         [](H5::H5File& f) {
             const hsize_t n = 3;
             H5::DSetCreatPropList properties;
             properties.setChunk(1, &n);
             properties.setFilter(305, H5Z_FLAG_OPTIONAL, 0, nullptr);
             replaceDataset(f, "/weights/kurtosis_max", {3}, properties);
         }},
        {"2^40 elements", TrajectoryLimit, "/weights/kurtosis_max",
         [](H5::H5File& f) {
             const hsize_t chunk = 1024;
             H5::DSetCreatPropList properties;
             properties.setChunk(1, &chunk);
             replaceDataset(f, "/weights/kurtosis_max", {hsize_t{1} << 40}, properties);
         }},
        {"dimensions whose product overflows", TrajectoryLimit, "/weights/kurtosis_max",
         [](H5::H5File& f) {
             const hsize_t chunk[2] = {1024, 1};
             H5::DSetCreatPropList properties;
             properties.setChunk(2, chunk);
             replaceDataset(f, "/weights/kurtosis_max", {hsize_t{1} << 33, hsize_t{1} << 33},
                            properties);
         }},
        {"much claimed, nothing stored", TrajectoryDamaged, "/weights/kurtosis_max",
         [](H5::H5File& f) {
             const hsize_t chunk = 1024;
             H5::DSetCreatPropList properties;
             properties.setChunk(1, &chunk);
             replaceDataset(f, "/weights/kurtosis_max", {900'000'000}, properties);
         }},
        {"chunk of 128 MiB", TrajectoryLimit, "/weights/kurtosis_max",
         [](H5::H5File& f) {
             const hsize_t chunk = 16u << 20;
             H5::DSetCreatPropList properties;
             properties.setChunk(1, &chunk);
             replaceDataset(f, "/weights/kurtosis_max", {chunk}, properties);
         }},
        {"rank 5", TrajectoryLimit, "/weights/kurtosis_max",
         [](H5::H5File& f) {
             replaceDataset(f, "/weights/kurtosis_max", {1, 1, 1, 1, 1});
         }},
        {"unknown status", TrajectoryDamaged, "/checkpoints/status",
         [](H5::H5File& f) {
             const std::uint8_t values[3] = {2, 9, 2};
             f.openDataSet("/checkpoints/status").write(values, H5::PredType::NATIVE_UINT8);
         }},
        {"tokens changed", TrajectoryDamaged, "/eval/tokens",
         [](H5::H5File& f) {
             const std::vector<std::uint32_t> ids(32, 5);
             f.openDataSet("/eval/tokens").write(ids.data(), H5::PredType::NATIVE_UINT32);
         }},
        {"named type", TrajectoryDamaged, "/mytype",
         [](H5::H5File& f) {
             H5::IntType type(H5::PredType::NATIVE_INT);
             type.commit(f, "mytype");
         }},
    };
}

}  // namespace

class TrajectoryDamageTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    Trajectory m_plan = syntheticPlan();
    std::vector<std::shared_ptr<const ProbeRecord>> m_rows;

    std::filesystem::path file(const char* name) const {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }
    /// A copy of the good file with `change` made by HDF5 itself.
    std::filesystem::path changed(const Change& change) const {
        const auto bad = file("bad.h5");
        std::filesystem::copy_file(file("good.h5"), bad,
                                   std::filesystem::copy_options::overwrite_existing);
        H5::Exception::dontPrint();
        H5::H5File opened(bad.string(), H5F_ACC_RDWR);
        change(opened);
        return bad;
    }

private slots:
    void initTestCase() {
        for (const int step : {1, 2, 3}) m_rows.push_back(syntheticRow(m_plan, step));
        auto store = TrajectoryStore::open(systemFileOps(), file("good.h5"), m_plan);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_DO_OK((*store)->commit(m_rows));
    }

    void badFilesAreRefused_data() {
        QTest::addColumn<int>("index");
        const auto files = badFiles();
        for (std::size_t i = 0; i < files.size(); ++i)
            QTest::newRow(files[i].name) << static_cast<int>(i);
    }
    void badFilesAreRefused() {
        QFETCH(int, index);
        const BadFile bad = badFiles()[static_cast<std::size_t>(index)];
        const auto path = changed(bad.change);
        const std::string before = readBytes(path);
        const auto loaded = readTrajectory(systemFileOps(), path);
        QVERIFY(!loaded);
        QVERIFY2(loaded.error().code == bad.code, loaded.error().toText().c_str());
        const std::string& where = loaded.error().where;
        QVERIFY2(where.starts_with(path.string() + ", /"), where.c_str());
        QVERIFY2(where.ends_with(bad.where), where.c_str());
        // Nor is it opened for writing, and it is not touched.
        const auto store = TrajectoryStore::open(systemFileOps(), path, m_plan);
        QVERIFY(!store);
        QCOMPARE(store.error().code, bad.code);
        QVERIFY(readBytes(path) == before);
    }

    void unknownItemsAreIgnored() {
        const auto path = changed([](H5::H5File& f) {
            f.createGroup("/my_notes");
            const hsize_t n = 5;
            f.createDataSet("/my_notes/x", H5::PredType::NATIVE_INT, H5::DataSpace(1, &n));
        });
        const auto loaded = readTrajectory(systemFileOps(), path);
        GRIDSCOPE_VERIFY_OK(loaded);
        QCOMPARE(firstDifference(*loaded->trajectory->rows[2], *m_rows[2]), std::string());
    }

    void notHdf5_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("text") << QByteArray("step,ppl\n1,2\n");
        QTest::newRow("zeros") << QByteArray(4096, '\0');
    }
    void notHdf5() {
        QFETCH(QByteArray, bytes);
        writeBytes(file("bad.h5"), bytes.toStdString());
        const auto loaded = readTrajectory(systemFileOps(), file("bad.h5"));
        QVERIFY(!loaded);
        QCOMPARE(loaded.error().code, ErrorCode::TrajectoryFormat);
        const auto absent = readTrajectory(systemFileOps(), file("absent.h5"));
        QVERIFY(!absent);
        QCOMPARE(absent.error().code, ErrorCode::FileMissing);
    }

    void everyCutIsRefused() {
        const std::string good = readBytes(file("good.h5"));
        int tried = 0;
        for (std::size_t missing = 1; missing < good.size() - 8; missing += 1 + missing / 20) {
            // Without its whole trailer the file is as another program leaves it (next test).
            if (missing == kTrailerBytes) continue;
            writeBytes(file("bad.h5"), good.substr(0, good.size() - missing));
            const auto loaded = readTrajectory(systemFileOps(), file("bad.h5"));
            QVERIFY2(!loaded, qPrintable(QString::number(missing)));
            QVERIFY2(loaded.error().code == ErrorCode::TrajectoryDamaged,
                     loaded.error().toText().c_str());
            ++tried;
        }
        QVERIFY(tried > 100);
    }

    void withoutDigestItLoadsWithAWarning() {
        const std::string good = readBytes(file("good.h5"));
        writeBytes(file("bad.h5"), good.substr(0, good.size() - kTrailerBytes));
        const auto loaded = readTrajectory(systemFileOps(), file("bad.h5"));
        GRIDSCOPE_VERIFY_OK(loaded);
        QCOMPARE(loaded->warnings.size(), std::size_t{1});
        QCOMPARE(loaded->warnings[0].code, ErrorCode::TrajectoryVerify);
        QVERIFY(readTrajectory(systemFileOps(), file("good.h5"))->warnings.empty());
    }

    void everyFlippedBitIsRefused() {
        const std::string good = readBytes(file("good.h5"));
        int tried = 0;
        // Some bits everywhere, every bit of the superblock and of the trailer.
        for (std::size_t at = 0; at < good.size(); ++at) {
            const bool dense = at < 96 || at + kTrailerBytes + 16 >= good.size();
            if (!dense && at % 397 != 0) continue;
            for (unsigned bit = dense ? 0u : static_cast<unsigned>(at % 8); bit < 8; ++bit) {
                std::string bytes = good;
                bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1u << bit));
                writeBytes(file("bad.h5"), bytes);
                const auto loaded = readTrajectory(systemFileOps(), file("bad.h5"));
                QVERIFY2(!loaded, qPrintable(QString("byte %1 bit %2").arg(at).arg(bit)));
                QVERIFY2(loaded.error().code == ErrorCode::TrajectoryDamaged ||
                             (at < 8 && loaded.error().code == ErrorCode::TrajectoryFormat),
                         loaded.error().toText().c_str());
                ++tried;
                if (!dense) break;
            }
        }
        QVERIFY(tried > 1500);
    }

    void flippedBitsInRowsAreRefusedWithoutTheDigest() {
        // The row checksums alone, as after another program has written: stored numbers are
        // contiguous in the chunks that HDF5 names.
        std::vector<std::pair<haddr_t, hsize_t>> chunks;
        const auto path = changed([&](H5::H5File& f) {
            for (const char* name :
                 {"/checkpoints/step", "/fp32/ce", "/fp32/window_nll", "/layers/sd",
                  "/grids/a4g128:minmax/kl", "/grids/s8channel:absmax/layers/code_histogram"}) {
                const H5::DataSet dataset = f.openDataSet(name);
                const hsize_t first[3] = {0, 0, 0};
                unsigned mask = 0;
                haddr_t offset = 0;
                hsize_t size = 0;
                H5Dget_chunk_info_by_coord(dataset.getId(), first, &mask, &offset, &size);
                chunks.emplace_back(offset, size);
            }
        });
        const std::string bytes = readBytes(path);
        for (const auto& [offset, size] : chunks) {
            QVERIFY(offset > 0 && size > 0);
            for (hsize_t i = 0; i < size; i += 1 + size / 20) {
                std::string flipped = bytes;
                flipped[offset + i] = static_cast<char>(flipped[offset + i] ^ '\x10');
                writeBytes(path, flipped);
                const auto loaded = readTrajectory(systemFileOps(), path);
                if (loaded) {
                    // A few bits of a deflate stream do not matter; then the values are the same.
                    for (std::size_t r = 0; r < m_rows.size(); ++r)
                        QCOMPARE(firstDifference(*loaded->trajectory->rows[r], *m_rows[r]),
                                 std::string());
                    continue;
                }
                QCOMPARE(loaded.error().code, ErrorCode::TrajectoryDamaged);
            }
        }
    }

    void recoverKeepsTheRowsBeforeTheBadOne() {
        const auto path = changed([](H5::H5File& f) {
            H5::DataSet dataset = f.openDataSet("/weights/kurtosis_mean");
            double values[3] = {};
            dataset.read(values, H5::PredType::NATIVE_DOUBLE);
            values[2] += 1;
            dataset.write(values, H5::PredType::NATIVE_DOUBLE);
        });
        std::filesystem::remove(file("new.h5"));
        const auto report = recoverTrajectory(systemFileOps(), path, file("new.h5"));
        GRIDSCOPE_VERIFY_OK(report);
        QCOMPARE(report->rowsKept, std::size_t{2});
        QCOMPARE(report->rowsLost, std::size_t{1});
        QVERIFY(report->reason.find("step3") != std::string::npos);
        const auto loaded = readTrajectory(systemFileOps(), file("new.h5"));
        GRIDSCOPE_VERIFY_OK(loaded);
        QCOMPARE(loaded->trajectory->rows.size(), std::size_t{2});
        QCOMPARE(firstDifference(*loaded->trajectory->rows[1], *m_rows[1]), std::string());
    }

    void recoverWhereAChunkDoesNotRead() {
        // The histogram has a chunk per row: break the stored bytes of the second.
        haddr_t offset = 0;
        const auto path = changed([&](H5::H5File& f) {
            const H5::DataSet dataset =
                f.openDataSet("/grids/a4g128:minmax/layers/residual_histogram");
            const hsize_t second[3] = {1, 0, 0};
            unsigned mask = 0;
            hsize_t size = 0;
            H5Dget_chunk_info_by_coord(dataset.getId(), second, &mask, &offset, &size);
        });
        QVERIFY(offset > 0);
        std::string bytes = readBytes(path);
        for (std::size_t i = 0; i < 16; ++i) bytes[offset + i] = '\x55';
        writeBytes(path, bytes);
        const auto loaded = readTrajectory(systemFileOps(), path);
        QVERIFY(!loaded);
        QCOMPARE(loaded.error().code, ErrorCode::TrajectoryDamaged);
        QVERIFY2(loaded.error().what.find("residual_histogram") != std::string::npos,
                 loaded.error().what.c_str());
        std::filesystem::remove(file("new.h5"));
        const auto report = recoverTrajectory(systemFileOps(), path, file("new.h5"));
        GRIDSCOPE_VERIFY_OK(report);
        QCOMPARE(report->rowsKept, std::size_t{1});
        QCOMPARE(report->rowsLost, std::size_t{2});
    }

    void recoverWithoutAGoodRowSaysSo() {
        const auto path = changed([](H5::H5File& f) { setFirstValue(f, "/fp32/ce", 1.25); });
        const auto report = recoverTrajectory(systemFileOps(), path, file("none.h5"));
        QVERIFY(!report);
        QCOMPARE(report.error().code, ErrorCode::TrajectoryNoData);
        QVERIFY(!std::filesystem::exists(file("none.h5")));
    }
};

QTEST_GUILESS_MAIN(TrajectoryDamageTest)
#include "tst_trajectory_damage.moc"
