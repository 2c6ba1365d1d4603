// SPDX-License-Identifier: GPL-3.0-or-later

// The stable codes of everything that can go wrong, with their texts and families.
#pragma once

#include <string_view>

namespace gridscope {

// One line a code: enumerator, stable text. A text is never renamed or reused after a release;
// its part before the dot is its area (reliability.md, section 2).
#define GRIDSCOPE_ERROR_CODES(X) \
    X(SafetensorsTooSmall, "safetensors.too-small") \
    X(SafetensorsHeaderLength, "safetensors.header-length") \
    X(SafetensorsHeaderJson, "safetensors.header-json") \
    X(SafetensorsDuplicateName, "safetensors.duplicate-name") \
    X(SafetensorsOffsets, "safetensors.offsets") \
    X(SafetensorsSizeMismatch, "safetensors.size-mismatch") \
    X(SafetensorsShape, "safetensors.shape") \
    X(SafetensorsDtype, "safetensors.dtype") \
    X(SafetensorsLimit, "safetensors.limit") \
    X(ZipFormat, "zip.format") \
    X(ZipMember, "zip.member") \
    X(ZipChecksum, "zip.checksum") \
    X(ZipUnsupported, "zip.unsupported") \
    X(PickleGlobal, "pickle.global") \
    X(PickleMalformed, "pickle.malformed") \
    X(PickleUnsupported, "pickle.unsupported") \
    X(PickleView, "pickle.view") \
    X(ShardsIndex, "shards.index") \
    X(ShardsMissing, "shards.missing") \
    X(ShardsTensor, "shards.tensor") \
    X(ShardsOutsideFolder, "shards.outside-folder") \
    X(JsonSyntax, "json.syntax") \
    X(JsonDepth, "json.depth") \
    X(ConfigMissing, "config.missing") \
    X(ConfigTooLarge, "config.too-large") \
    X(ConfigJson, "config.json") \
    X(ConfigKey, "config.key") \
    X(ConfigRange, "config.range") \
    X(ConfigUnsupported, "config.unsupported") \
    X(ModelTensors, "model.tensors") \
    X(ModelShape, "model.shape") \
    X(ModelImplausible, "model.implausible") \
    X(WeightsNotFinite, "weights.not-finite") \
    X(SuiteMixedModels, "suite.mixed-models") \
    X(SuiteDuplicateStep, "suite.duplicate-step") \
    X(AuditDuplicate, "audit.duplicate") \
    X(AuditPartOfAnother, "audit.part-of-another") \
    X(AuditJump, "audit.jump") \
    X(AuditUnrelatedStart, "audit.unrelated-start") \
    X(AuditMissingSteps, "audit.missing-steps") \
    X(AuditConfiguration, "audit.configuration") \
    X(AuditPrecision, "audit.precision") \
    X(AuditValues, "audit.values") \
    X(TokenizerJson, "tokenizer.json") \
    X(TokenizerUnsupported, "tokenizer.unsupported") \
    X(TokenizerVocabulary, "tokenizer.vocabulary") \
    X(TokenizerMerges, "tokenizer.merges") \
    X(TokenizerLimit, "tokenizer.limit") \
    X(TokenizerMissing, "tokenizer.missing") \
    X(NpyHeader, "npy.header") \
    X(NpyDtype, "npy.dtype") \
    X(NpyOrder, "npy.order") \
    X(NpyShape, "npy.shape") \
    X(NpySize, "npy.size") \
    X(TokensFormat, "tokens.format") \
    X(TokensCompressed, "tokens.compressed") \
    X(TokensDtype, "tokens.dtype") \
    X(TokensSize, "tokens.size") \
    X(TokensIdRange, "tokens.id-range") \
    X(TokensTooFew, "tokens.too-few") \
    X(FileMissing, "file.missing") \
    X(FilePermission, "file.permission") \
    X(FileNotRegular, "file.not-regular") \
    X(FileLfsPointer, "file.lfs-pointer") \
    X(FileWrongType, "file.wrong-type") \
    X(FileVanished, "file.vanished") \
    X(FileChanged, "file.changed") \
    X(FileRead, "file.read") \
    X(FileWrite, "file.write") \
    X(FileTooLarge, "file.too-large") \
    X(FileDiskFull, "file.disk-full") \
    X(ScanNotFolder, "scan.not-folder") \
    X(ScanEmpty, "scan.empty") \
    X(ScanTooLarge, "scan.too-large") \
    X(ScanAmbiguous, "scan.ambiguous") \
    X(ScanUnsupported, "scan.unsupported") \
    X(OutputNotWritable, "output.not-writable") \
    X(OutputExists, "output.exists") \
    X(ExportFailed, "export.failed") \
    X(TrajectoryFormat, "trajectory.format") \
    X(TrajectoryDamaged, "trajectory.damaged") \
    X(TrajectoryForeign, "trajectory.foreign") \
    X(TrajectoryNewer, "trajectory.newer") \
    X(TrajectoryLimit, "trajectory.limit") \
    X(TrajectoryLocked, "trajectory.locked") \
    X(TrajectoryConflict, "trajectory.conflict") \
    X(TrajectoryPlanMismatch, "trajectory.plan-mismatch") \
    X(TrajectoryVerify, "trajectory.verify") \
    X(TrajectoryNoData, "trajectory.no-data") \
    X(MemoryEstimate, "memory.estimate") \
    X(MemoryFailed, "memory.failed") \
    X(DeviceUnavailable, "device.unavailable") \
    X(DeviceFailed, "device.failed") \
    X(ReferenceFormat, "reference.format") \
    X(ReferenceColumn, "reference.column") \
    X(SettingsRange, "settings.range") \
    X(SettingsSyntax, "settings.syntax") \
    X(RunBusy, "run.busy") \
    X(RunCancelled, "run.cancelled") \
    X(TrainingDiverged, "training.diverged") \
    X(TrainingState, "training.state") \
    X(ForkFormat, "fork.format") \
    X(ForkMissing, "fork.missing") \
    X(ForkMismatch, "fork.mismatch") \
    X(Internal, "internal.failed")

enum class ErrorCode {
#define GRIDSCOPE_ENUMERATOR(name, text) name,
    GRIDSCOPE_ERROR_CODES(GRIDSCOPE_ENUMERATOR)
#undef GRIDSCOPE_ENUMERATOR
};

/// Which reaction a code calls for, and with it the exit code (cli.md).
enum class ErrorFamily { Format, Io, Model, Store, Device, Usage, Cancelled, Internal };

/// The stable text `area.reason` of a code.
std::string_view errorCodeText(ErrorCode code);

/// The family of a code, from the area of its text.
ErrorFamily errorFamily(ErrorCode code);

}  // namespace gridscope
