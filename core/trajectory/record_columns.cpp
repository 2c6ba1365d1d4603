// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/record_columns_impl.h"

namespace gridscope {

namespace {

using Texts = NamedMember<ProbeRecord, std::string>;
using Array = NamedMember<GridScores, std::vector<float>>;

constexpr Texts kTexts[] = {
    {"label", &ProbeRecord::label},
    {"content_sha256", &ProbeRecord::contentSha256},
    {"predecessor", &ProbeRecord::predecessor},
    {"duplicate_of", &ProbeRecord::duplicateOf},
    {"source", &ProbeRecord::source},
    {"source_fingerprint", &ProbeRecord::sourceFingerprint},
    {"storage_dtype", &ProbeRecord::storageDtype},
    {"error", &ProbeRecord::error},
};

constexpr NumberColumn<ProbeRecord> kNumbers[] = {
    {"tokens_seen", &ProbeRecord::tokensSeen},
    {"learning_rate", &ProbeRecord::learningRate},
    {"seconds", &ProbeRecord::seconds},
};

constexpr NumberColumn<Fp32Scores> kFp32[] = {
    {"ce", &Fp32Scores::ce, &Estimate::value},
    {"ppl", &Fp32Scores::ppl},
    {"ce_low", &Fp32Scores::ce, &Estimate::low},
    {"ce_high", &Fp32Scores::ce, &Estimate::high},
};

constexpr NumberColumn<ProbeRecord> kWeights[] = {
    {"kurtosis_mean", &ProbeRecord::kurtosisMean},
    {"kurtosis_pooled", &ProbeRecord::kurtosisPooled},
    {"kurtosis_max", &ProbeRecord::kurtosisMax},
};

constexpr NumberColumn<MatrixMoments> kLayers[] = {
    {"kurtosis", &MatrixMoments::kurtosis},
    {"sd", &MatrixMoments::sd},
    {"absmax", &MatrixMoments::absmax},
    {"range_over_rms_mean", &MatrixMoments::rangeOverRmsMean},
    {"range_over_rms_p99", &MatrixMoments::rangeOverRmsP99},
    {"norm", &MatrixMoments::norm},
    {"movement", &MatrixMoments::movement},
};

constexpr NumberColumn<GridScores> kGrid[] = {
    {"ce", &GridScores::ce, &Estimate::value},
    {"ppl", &GridScores::ppl},
    {"gap_percent", &GridScores::gapPercent, &Estimate::value},
    {"delta_ce", &GridScores::deltaCe, &Estimate::value},
    {"relative_ce", &GridScores::relativeCe},
    {"kl", &GridScores::kl, &Estimate::value},
    {"top1_agreement", &GridScores::top1Agreement},
    {"sqnr_db", &GridScores::sqnrDb},
    {"ce_low", &GridScores::ce, &Estimate::low},
    {"ce_high", &GridScores::ce, &Estimate::high},
    {"gap_percent_low", &GridScores::gapPercent, &Estimate::low},
    {"gap_percent_high", &GridScores::gapPercent, &Estimate::high},
    {"delta_ce_low", &GridScores::deltaCe, &Estimate::low},
    {"delta_ce_high", &GridScores::deltaCe, &Estimate::high},
    {"kl_low", &GridScores::kl, &Estimate::low},
    {"kl_high", &GridScores::kl, &Estimate::high},
    {"flip_rate", &GridScores::flipRate},
    {"level_flip_rate", &GridScores::levelFlipRate},
};

constexpr NumberColumn<GridStatistics> kGridLayers[] = {
    {"sqnr_db", &GridStatistics::sqnrDb},
    {"mean_abs_residual", &GridStatistics::meanAbsResidual},
    {"rms_residual", &GridStatistics::rmsResidual},
    {"edge_mass", &GridStatistics::edgeMass},
    {"code_entropy", &GridStatistics::codeEntropy},
    {"flip_rate", &GridStatistics::flipRate},
    {"level_flip_rate", &GridStatistics::levelFlipRate},
    {"zero_point_change", &GridStatistics::zeroPointChange},
    {"scale_change", &GridStatistics::scaleChange},
    {"exact_groups", &GridStatistics::exactGroups},
};

constexpr Array kWindowArrays[] = {{"window_nll", &GridScores::windowNll},
                                   {"window_kl", &GridScores::windowKl}};
constexpr Array kLayerArrays[] = {{"sensitivity_only", &GridScores::sensitivityOnly},
                                  {"sensitivity_except", &GridScores::sensitivityExcept}};
constexpr Array kBlockArrays[] = {
    {"block_sensitivity_only", &GridScores::blockSensitivityOnly},
    {"block_sensitivity_except", &GridScores::blockSensitivityExcept}};

}  // namespace

std::span<const Texts> checkpointTexts() { return kTexts; }
std::span<const NumberColumn<ProbeRecord>> checkpointNumbers() { return kNumbers; }
std::span<const NumberColumn<Fp32Scores>> fp32Columns() { return kFp32; }
std::span<const NumberColumn<ProbeRecord>> weightColumns() { return kWeights; }
std::span<const NumberColumn<MatrixMoments>> layerColumns() { return kLayers; }
std::span<const NumberColumn<GridScores>> gridColumns() { return kGrid; }
std::span<const NumberColumn<GridStatistics>> gridLayerColumns() { return kGridLayers; }
std::span<const Array> gridWindowArrays() { return kWindowArrays; }
std::span<const Array> gridLayerArrays() { return kLayerArrays; }
std::span<const Array> gridBlockArrays() { return kBlockArrays; }

}  // namespace gridscope
