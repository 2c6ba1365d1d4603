// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/checkpoint_reader.h"

#include <set>

#include "core/checkpoint/checkpoint_check.h"
#include "core/checkpoint/file_type.h"
#include "core/checkpoint/folder_lister.h"
#include "core/checkpoint/hub_cache.h"
#include "core/checkpoint/tensor_source.h"

namespace gridscope {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestConfig = std::uint64_t{1} << 20;
constexpr std::string_view kConfigName = "config.json";

bool isBuffer(const std::optional<ModelConfig>& config, std::string_view name) {
    if (config) return isIgnoredBuffer(config->architecture, name);
    return isIgnoredBuffer(Architecture::GptNeox, name) ||
           isIgnoredBuffer(Architecture::Gpt2, name) || isIgnoredBuffer(Architecture::Llama, name);
}

class CheckpointReader {
public:
    CheckpointReader(FileOps& ops, const CheckpointPlace& place) : m_ops(ops) {
        m_entry.folder = place.folder;
        m_entry.label = place.label;
        m_entry.run = place.run;
        m_entry.commit = place.commit;
        m_entry.aliases = place.aliases;
    }

    CheckpointEntry read(const Expected<std::optional<WeightsChoice>>& choice);

private:
    void fail(Error problem) { m_entry.problems.push_back(std::move(problem)); }
    void warn(ErrorCode code, const fs::path& where, std::string what) {
        m_entry.warnings.push_back({code, where.string(), std::move(what)});
    }
    Expected<std::string> readConfigText();
    void readConfig();
    void readWeights(const WeightsChoice& choice);
    void compareWithWriter(const WeightsChoice& choice);
    void describeFiles(const TensorSource& source);
    void describeTensors(const std::vector<TensorInfo>& tensors);

    FileOps& m_ops;
    CheckpointEntry m_entry;
};

/// The config.json beside the weights, else that of the folder above.
Expected<std::string> CheckpointReader::readConfigText() {
    m_entry.configFile = m_entry.folder / kConfigName;
    GRIDSCOPE_TRY(checkHubLink(m_entry.configFile));
    auto text = readWholeFile(m_ops, m_entry.configFile, kLargestConfig);
    if (text || text.error().code != ErrorCode::FileMissing) return text;
    const fs::path shared = parentFolder(m_entry.folder) / kConfigName;
    auto above = readWholeFile(m_ops, shared, kLargestConfig);
    if (!above) return text;
    m_entry.configFile = shared;
    warn(ErrorCode::ConfigMissing, m_entry.folder, "the config.json of the parent folder is used");
    return above;
}

void CheckpointReader::readConfig() {
    const auto text = readConfigText();
    const std::string where = m_entry.configFile.string();
    if (!text) {
        Error error = text.error();
        if (error.code == ErrorCode::FileMissing) {
            error.code = ErrorCode::ConfigMissing;
            error.where = where;
        } else if (error.code == ErrorCode::FileTooLarge) {
            error.code = ErrorCode::ConfigTooLarge;
        }
        return fail(std::move(error));
    }
    if (auto standIn = standInError(*text, where)) return fail(*std::move(standIn));
    auto config = parseModelConfig(*text, where);
    if (!config) return fail(config.error());
    m_entry.warnings.insert(m_entry.warnings.end(), config->warnings.begin(),
                            config->warnings.end());
    m_entry.config = *std::move(config);
}

void CheckpointReader::compareWithWriter(const WeightsChoice& choice) {
    if (!m_entry.config || m_entry.config->weightsFile.empty() ||
        m_entry.config->weightsFile == choice.file)
        return;
    fail({ErrorCode::ScanAmbiguous, m_entry.configFile.string() + ", transformers_weights",
          "names " + escapeForDisplay(m_entry.config->weightsFile) + ", the folder is read from " +
              choice.file,
          "Remove the file that does not belong here"});
}

/// Sizes and identities of the files, so that two names of one file are known without reading it.
void CheckpointReader::describeFiles(const TensorSource& source) {
    m_entry.weightsFiles = source.files();
    for (const fs::path& file : m_entry.weightsFiles) {
        const auto opened = openForReading(m_ops, file);
        const auto status = opened ? opened->status() : opened.error();
        if (!status) return fail(status.error().inside(file.string()));
        m_entry.bytes += status->sizeBytes;
        const std::string blob = hubBlobName(file);
        m_entry.weightsIdentity +=
            (m_entry.weightsIdentity.empty() ? "" : ",") +
            (blob.empty() ? std::to_string(status->device) + ":" + std::to_string(status->inode)
                          : blob);
    }
}

void CheckpointReader::describeTensors(const std::vector<TensorInfo>& tensors) {
    std::set<Dtype> dtypes;
    for (const TensorInfo& tensor : tensors) {
        if (isBuffer(m_entry.config, tensor.name)) continue;
        m_entry.parameters += tensor.elements;
        dtypes.insert(tensor.dtype);
    }
    for (const Dtype dtype : dtypes)
        m_entry.dtype += (m_entry.dtype.empty() ? "" : "+") + std::string(dtypeName(dtype));
    if (!m_entry.config) return;
    if (auto checked = checkTensors(*m_entry.config, tensors, m_entry.weightsFile.string());
        !checked)
        fail(checked.error());
}

void CheckpointReader::readWeights(const WeightsChoice& choice) {
    m_entry.weightsFile = m_entry.folder / choice.file;
    m_entry.format = choice.format;
    for (const std::string& other : choice.ignored)
        warn(ErrorCode::ScanAmbiguous, m_entry.folder / other,
             "is not used, " + choice.file + " goes first");
    compareWithWriter(choice);
    if (auto checked = checkHubLink(m_entry.weightsFile); !checked) return fail(checked.error());
    auto source = openTensorSource(m_ops, m_entry.weightsFile);
    if (!source) {
        // The size helps to tell a cut download from a wrong file.
        if (const auto file = openForReading(m_ops, m_entry.weightsFile)) {
            if (const auto status = file->status()) m_entry.bytes = status->sizeBytes;
        }
        return fail(source.error());
    }
    describeFiles(**source);
    for (Warning& warning : (*source)->warnings()) m_entry.warnings.push_back(std::move(warning));
    describeTensors((*source)->tensors());
}

CheckpointEntry CheckpointReader::read(const Expected<std::optional<WeightsChoice>>& choice) {
    readConfig();
    if (!choice)
        fail(choice.error());
    else if (*choice)
        readWeights(**choice);
    else
        fail({ErrorCode::FileMissing, m_entry.folder.string(), "the folder holds no weights",
              "Fetch the checkpoint again"});
    return std::move(m_entry);
}

}  // namespace

CheckpointEntry readCheckpoint(FileOps& ops, const CheckpointPlace& place,
                               const Expected<std::optional<WeightsChoice>>& choice) {
    return CheckpointReader(ops, place).read(choice);
}

CheckpointEntry unreadableCheckpoint(const CheckpointPlace& place, const Error& problem) {
    CheckpointEntry entry;
    entry.folder = place.folder;
    entry.label = place.label;
    entry.run = place.run;
    entry.commit = place.commit;
    entry.aliases = place.aliases;
    entry.problems.push_back(problem);
    return entry;
}

}  // namespace gridscope
