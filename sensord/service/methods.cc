#include "sensord/service/methods.h"

#include <algorithm>
#include <cstddef>

namespace tapline {
namespace {

constexpr bool YES = true;
constexpr bool NO = false;
constexpr bool STREAM = true;
constexpr bool UNARY = false;

std::vector<MethodRow> MakeRows() {
  return {
#define METHOD(service, name, role, audit, kind, limit)                      \
  MethodRow{"/tapline.v1." #service "/" #name, v1::ROLE_##role, audit, kind, \
            absl::Seconds(limit)},
#include "sensord/service/methods.def"
#undef METHOD
  };
}

constexpr absl::string_view kOpenMethods[] = {
#define METHOD(service, name, role, audit, kind, limit)
#define OPEN_METHOD(path) path,
#include "sensord/service/methods.def"
#undef OPEN_METHOD
#undef METHOD
};

}  // namespace

const std::vector<MethodRow>& AllMethods() {
  static const std::vector<MethodRow> rows = MakeRows();
  return rows;
}

const MethodRow& RowOf(Method method) {
  return AllMethods()[static_cast<size_t>(method)];
}

const MethodRow* FindMethod(absl::string_view path) {
  for (const MethodRow& row : AllMethods()) {
    if (row.path == path) return &row;
  }
  return nullptr;
}

bool IsOpenMethod(absl::string_view path) {
  return std::find(std::begin(kOpenMethods), std::end(kOpenMethods), path) !=
         std::end(kOpenMethods);
}

}  // namespace tapline
