// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/user_command.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace gridscope {

namespace {

/// The program's environment with `variables` in place of those of the same names.
std::vector<std::string> environmentWith(const CommandVariables& variables) {
    std::vector<std::string> entries;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::string_view name = text.substr(0, text.find('='));
        const bool replaced = std::any_of(variables.begin(), variables.end(),
                                          [&](const auto& v) { return v.first == name; });
        if (!replaced) entries.emplace_back(text);
    }
    for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
    return entries;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

Expected<int> runUserCommand(const std::string& command, const CommandVariables& variables) {
    std::vector<std::string> environment = environmentWith(variables);
    std::vector<std::string> arguments{"/bin/sh", "-c", command};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t child = 0;
    const int failed = posix_spawn(&child, "/bin/sh", &actions, &attributes,
                                   pointersTo(arguments).data(), pointersTo(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return Error{ErrorCode::RunBusy,
                     escapeForDisplay(command),
                     std::string("cannot be started: ") + std::strerror(failed),
                     {}};
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return Error{ErrorCode::RunBusy,
                         escapeForDisplay(command),
                         std::string("cannot be waited for: ") + std::strerror(errno),
                         {}};
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace gridscope
