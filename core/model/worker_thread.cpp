// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/worker_thread.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/headeronly/version.h>

#include <cstdlib>
#include <fstream>
#include <thread>

namespace gridscope {

namespace {

std::string processorName() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown processor";
}

/// The CUDA backend registers itself when its library is opened; without a driver it is 500 MB
/// and half a second for nothing.
void openCudaBackend() {
    if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) == nullptr) return;
    dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_GLOBAL);
}

std::string releaseText(std::uint64_t version) {
    // One byte each: major, minor, patch, tag, then unused (torch/headeronly/version.h).
    return std::to_string(version >> 56) + "." + std::to_string(version >> 48 & 255u) + "." +
           std::to_string(version >> 40 & 255u);
}

Expected<EngineInfo> initOnce() {
    constexpr std::uint64_t kReleaseMask = ~std::uint64_t{0} << 40;
    const std::uint64_t loaded = aoti_torch_abi_version();
    if ((loaded & kReleaseMask) != (TORCH_ABI_VERSION & kReleaseMask))
        return Error{ErrorCode::DeviceUnavailable, "libtorch",
                     "release " + releaseText(loaded) + " is loaded, this program was built for " +
                         releaseText(TORCH_ABI_VERSION),
                     "Build again, or set GRIDSCOPE_TORCH_ROOT to the libtorch of the build"};
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
    unsetenv("ONEDNN_DEFAULT_FPMATH_MODE");
    // Fresh buffers cost page faults: keep freed memory (engine.md, section 5).
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 2000 << 20);
    openCudaBackend();

    EngineInfo info;
    info.torchVersion = releaseText(loaded);
    at::Context& context = at::globalContext();
    context.setFloat32Precision(at::Float32Backend::GENERIC, at::Float32Op::ALL,
                                at::Float32Precision::IEEE);
    context.setDeterministicAlgorithms(true, false);
    context.setDeterministicFillUninitializedMemory(false);
    info.device = at::hasCUDA() ? "cuda:0" : "cpu";
    info.deviceName = at::hasCUDA() ? "NVIDIA GPU" : processorName();
    info.threads = static_cast<int>(std::thread::hardware_concurrency());
    return info;
}

}  // namespace

Expected<EngineInfo> initEngine() {
    static const Expected<EngineInfo> outcome = initOnce();
    return outcome;
}

void initWorkerThread(int threads) {
    at::init_num_threads();
    if (threads <= 0) threads = static_cast<int>(std::thread::hardware_concurrency());
    at::set_num_threads(threads > 0 ? threads : 1);
}

}  // namespace gridscope
