// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/schedule_export.h"

#include "core/base/numbers.h"
#include "core/training/schedule_text.h"

namespace gridscope {

namespace {

std::string constant(const std::string& name, const std::string& value) {
    return name + " = " + value + "\n";
}

/// Names of the Python constants that every form uses.
std::string commonConstants(const ScheduleSettings& s) {
    return constant("BASE_LR", formatNumber(s.lrMax)) + constant("MIN_LR", formatNumber(s.lrMin)) +
           constant("WARMUP_STEPS", std::to_string(s.warmupSteps)) +
           constant("TOTAL_STEPS", std::to_string(s.totalSteps)) +
           constant("FORK_STEP", std::to_string(s.forkStep));
}

std::string formConstants(const ScheduleSettings& s) {
    switch (s.form) {
    case ScheduleForm::Sgdr:
        return constant("PERIOD", std::to_string(s.period)) +
               constant("PERIOD_FACTOR", std::to_string(s.periodFactor));
    case ScheduleForm::Oli:
        return constant("BUMP_LR", formatNumber(*s.bumpLr)) +
               constant("BUMP_STEPS", std::to_string(s.bumpSteps)) +
               constant("COOL_STEPS", std::to_string(s.coolSteps));
    case ScheduleForm::Wsd:
        return s.decaySteps ? constant("DECAY_START", std::to_string(s.totalSteps - *s.decaySteps))
                            : constant("DECAY_START",
                                       "max(TOTAL_STEPS - max(TOTAL_STEPS // 10, "
                                       "1), WARMUP_STEPS)");
    case ScheduleForm::Linear:
        return constant("DECAY_START", "WARMUP_STEPS");
    default:
        return {};
    }
}

constexpr const char* kCosine = R"(def _cosine(step):
    if step >= TOTAL_STEPS:
        return MIN_LR
    share = (step - WARMUP_STEPS) / (TOTAL_STEPS - WARMUP_STEPS)
    return MIN_LR + 0.5 * (BASE_LR - MIN_LR) * (1.0 + math.cos(math.pi * share))


)";

constexpr const char* kSgdrBody = R"(    if step < FORK_STEP:
        return _cosine(step)
    current, period = step - FORK_STEP, PERIOD
    if PERIOD_FACTOR == 1:
        current %= period
    while current >= period:
        current -= period
        period *= PERIOD_FACTOR
    return MIN_LR + 0.5 * (BASE_LR - MIN_LR) * (1.0 + math.cos(math.pi * current / period))
)";

constexpr const char* kStraightBody = R"(    if step <= DECAY_START:
        return BASE_LR
    if step >= TOTAL_STEPS:
        return MIN_LR
    share = (step - DECAY_START) / (TOTAL_STEPS - DECAY_START)
    return BASE_LR + (MIN_LR - BASE_LR) * share
)";

std::string body(const ScheduleSettings& s) {
    switch (s.form) {
    case ScheduleForm::Neox2023:
        return "    return _cosine(step)\n";
    case ScheduleForm::NeoxV10:
        return "    k = min(step, TOTAL_STEPS - WARMUP_STEPS) - WARMUP_STEPS\n"
               "    return max(0.5 * BASE_LR * (1.0 + math.cos(math.pi * k / TOTAL_STEPS)), "
               "MIN_LR)\n";
    case ScheduleForm::Sgdr:
        return kSgdrBody;
    case ScheduleForm::Oli:
        return std::string(
                   "    position = (step - FORK_STEP) % (BUMP_STEPS + COOL_STEPS)\n"
                   "    if step >= FORK_STEP and position ") +
               (s.order == OliOrder::BumpFirst ? "< BUMP_STEPS" : ">= COOL_STEPS") +
               ":\n        return BUMP_LR\n    return _cosine(step)\n";
    case ScheduleForm::Wsd:
    case ScheduleForm::Linear:
        return kStraightBody;
    case ScheduleForm::Constant:
        return "    return BASE_LR\n";
    }
    return {};
}

bool usesCosine(ScheduleForm form) {
    return form == ScheduleForm::Neox2023 || form == ScheduleForm::Sgdr ||
           form == ScheduleForm::Oli;
}

}  // namespace

std::string scheduleToJson(const Schedule& schedule, std::span<const std::int64_t> steps) {
    std::string text = "{\"points\":[";
    for (const std::int64_t step : steps) {
        if (text.back() == '}') text += ',';
        text += "{\"step\":" + std::to_string(step) +
                ",\"lr\":" + formatNumber(schedule.learningRate(step)) + ",\"kind\":\"" +
                std::string(scheduleKindName(schedule.kind(step))) + "\"}";
    }
    return text + "]}";
}

std::string scheduleToCsv(const Schedule& schedule, std::span<const std::int64_t> steps) {
    std::string text = "step,lr,kind\n";
    for (const std::int64_t step : steps)
        text += std::to_string(step) + "," + formatNumber(schedule.learningRate(step)) + "," +
                std::string(scheduleKindName(schedule.kind(step))) + "\n";
    return text;
}

std::string scheduleToPython(const Schedule& schedule) {
    const ScheduleSettings& s = schedule.settings();
    return "# Learning-rate schedule " + conditionText(s) +
           ", written by Gridscope.\n"
           "# optimizer = AdamW(..., lr=BASE_LR); scheduler = LambdaLR(optimizer, lr_lambda);\n"
           "# call scheduler.step() after every optimizer.step().\n"
           "import math\n\n" +
           commonConstants(s) + formConstants(s) + "\n\n" + (usesCosine(s.form) ? kCosine : "") +
           "def learning_rate(step):\n"
           "    \"\"\"Learning rate of the update that produces the absolute step.\"\"\"\n"
           "    if 0 < WARMUP_STEPS and step <= WARMUP_STEPS:\n"
           "        return BASE_LR * max(step, 0) / WARMUP_STEPS\n"
           "    step = max(step, 0)\n" +
           body(s) +
           "\n\n"
           "def lr_lambda(epoch):\n"
           "    \"\"\"Factor on BASE_LR after `epoch` updates since FORK_STEP.\"\"\"\n"
           "    return learning_rate(FORK_STEP + epoch + 1) / BASE_LR\n";
}

}  // namespace gridscope
