// SPDX-License-Identifier: GPL-3.0-or-later

// Expected<T>: a value, or the Error that kept it from being made.
#pragma once

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/error.h"

namespace gridscope {

template <class T>
class [[nodiscard]] Expected {
public:
    Expected(T value) : m_content(std::in_place_index<0>, std::move(value)) {}
    Expected(Error error) : m_content(std::in_place_index<1>, std::move(error)) {}

    bool hasValue() const { return m_content.index() == 0; }
    explicit operator bool() const { return hasValue(); }

    const T& value() const& { return std::get<0>(m_content); }
    T& value() & { return std::get<0>(m_content); }
    T&& value() && { return std::get<0>(std::move(m_content)); }
    const T& operator*() const& { return value(); }
    T& operator*() & { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    const T* operator->() const { return &value(); }
    T* operator->() { return &value(); }

    const Error& error() const& { return std::get<1>(m_content); }
    Error&& error() && { return std::get<1>(std::move(m_content)); }

private:
    std::variant<T, Error> m_content;
};

/// Success without a value, or an Error. `return {};` is success.
template <>
class [[nodiscard]] Expected<void> {
public:
    Expected() = default;
    Expected(Error error) : m_error(std::move(error)), m_failed(true) {}

    bool hasValue() const { return !m_failed; }
    explicit operator bool() const { return hasValue(); }
    const Error& error() const& {
        assert(m_failed);
        return m_error;
    }
    Error&& error() && { return std::move(m_error); }

private:
    Error m_error;
    bool m_failed = false;
};

}  // namespace gridscope

/// Leaves the function with the error of `expression` (an Expected of any type) if it failed.
#define GRIDSCOPE_TRY(expression) \
    do { \
        if (auto gridscopeOutcome = (expression); !gridscopeOutcome) \
            return std::move(gridscopeOutcome).error(); \
    } while (false)

/// Declares `name` as the value of `expression`, or leaves the function with its error.
#define GRIDSCOPE_TRY_ASSIGN(name, expression) \
    auto name##OrError = (expression); \
    if (!name##OrError) return std::move(name##OrError).error(); \
    auto name = std::move(name##OrError).value()
