// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/worker_thread.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <malloc.h>
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

Expected<EngineInfo> initOnce() {
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
    unsetenv("ONEDNN_DEFAULT_FPMATH_MODE");
    // Fresh buffers cost page faults: keep freed memory (engine.md, section 5).
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 2000 << 20);
    openCudaBackend();

    EngineInfo info;
    info.torchVersion = TORCH_VERSION;
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
