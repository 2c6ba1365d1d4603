// SPDX-License-Identifier: GPL-3.0-or-later

// Small configurations for tests, and changed copies of them.
#pragma once

#include <QByteArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace gridscope::test {

inline constexpr const char* kNeox =
    R"({"model_type":"gpt_neox","vocab_size":50304,"hidden_size":768,
    "num_hidden_layers":12,"num_attention_heads":12,"intermediate_size":3072,"rotary_pct":0.25})";
inline constexpr const char* kLlama = R"({"model_type":"llama","vocab_size":97,"hidden_size":48,
    "num_hidden_layers":2,"num_attention_heads":6,"intermediate_size":96})";

/// `base` with `changes` put over it; a null of the changes stays a null.
inline QByteArray changed(const char* base, const QByteArray& changes) {
    QJsonObject object = QJsonDocument::fromJson(base).object();
    const QJsonObject over = QJsonDocument::fromJson(changes).object();
    for (auto item = over.begin(); item != over.end(); ++item) object[item.key()] = item.value();
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

}  // namespace gridscope::test
