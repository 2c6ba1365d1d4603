// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/probe/checkpoint_loader.h"

#include "core/model/worker_thread.h"

namespace gridscope {

CheckpointLoader::~CheckpointLoader() {
    if (m_future.valid()) m_future.wait();
}

void CheckpointLoader::prefetch(const CheckpointEntry& entry) {
    if (m_pending != nullptr) return;
    m_pending = &entry;
    m_future = std::async(std::launch::async,
                          [ops = m_ops, policy = m_policy, stop = m_stop, target = &entry] {
                              // One thread: the computing thread has the others.
                              initWorkerThread(1);
                              return loadModelWeights(*ops, *target, policy, stop);
                          });
}

CheckpointLoader::Loaded CheckpointLoader::load(const CheckpointEntry& entry) {
    if (m_pending != nullptr) {
        const bool wanted = m_pending == &entry;
        m_pending = nullptr;
        Loaded loaded = m_future.get();
        if (wanted) return loaded;
    }
    return loadModelWeights(*m_ops, entry, m_policy, m_stop);
}

}  // namespace gridscope
