// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/command.h"

#include <pthread.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

namespace gridscope::app {

namespace {

/// Waits for signals on a thread of its own, where requesting a stop is allowed (a signal
/// handler may not take the lock inside a stop_source).
class SignalWatcher {
public:
    SignalWatcher() {
        sigset_t signals;
        sigemptyset(&signals);
        for (const int number : {SIGINT, SIGTERM, SIGUSR1, kQuit}) sigaddset(&signals, number);
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        m_thread = std::thread([this, signals] { watch(signals); });
    }
    SignalWatcher(const SignalWatcher&) = delete;
    SignalWatcher& operator=(const SignalWatcher&) = delete;
    ~SignalWatcher() {
        pthread_kill(m_thread.native_handle(), kQuit);
        m_thread.join();
    }
    std::stop_token cancel() const { return m_cancel.get_token(); }
    std::stop_token finishRow() const { return m_finishRow.get_token(); }

private:
    static constexpr int kQuit = SIGUSR2;

    void watch(sigset_t signals) {
        for (;;) {
            // The file on disk is complete at every moment, so the program may be left at once:
            // on a second request, or when the work has not ended in time after the first.
            const bool leaving = m_cancel.stop_requested();
            const timespec patience{.tv_sec = 2, .tv_nsec = 0};
            const int number = sigtimedwait(&signals, nullptr, leaving ? &patience : nullptr);
            if (number == kQuit) return;
            if (leaving && (number > 0 || errno == EAGAIN))
                std::_Exit(static_cast<int>(ExitCode::Cancelled));
            if (number == SIGUSR1) m_finishRow.request_stop();
            if (number != SIGINT && number != SIGTERM) continue;
            printMessage("stopping; finished rows are kept");
            m_cancel.request_stop();
        }
    }

    std::stop_source m_cancel, m_finishRow;
    std::thread m_thread;
};

/// Built on first use by main, before any other thread, so that all threads block the signals.
SignalWatcher& signalWatcher() {
    static SignalWatcher watcher;
    return watcher;
}

}  // namespace

Expected<void> writeOutput(std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(STDOUT_FILENO, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return Error{ErrorCode::FileWrite, "standard output", "cannot be written", {}};
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

void printMessage(std::string_view text) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

ExitCode reportError(const Error& error, bool json) {
    const ExitCode code = exitCodeOf(error.code);
    if (json) {
        const nlohmann::json document = {{"error",
                                          {{"code", errorCodeText(error.code)},
                                           {"where", escapeForDisplay(error.where, 4096)},
                                           {"what", escapeForDisplay(error.what, 300)},
                                           {"hint", error.hint}}}};
        static_cast<void>(writeOutput(document.dump() + "\n"));
    } else {
        printMessage("gridscope-cli: " + error.toText());
    }
    return code;
}

std::stop_token cancelToken() { return signalWatcher().cancel(); }
std::stop_token finishRowToken() { return signalWatcher().finishRow(); }

}  // namespace gridscope::app
