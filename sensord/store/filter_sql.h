// What a filter says about the columns, as SQL.

#ifndef TAPLINE_SENSORD_STORE_FILTER_SQL_H_
#define TAPLINE_SENSORD_STORE_FILTER_SQL_H_

#include "common/filter/bound.h"
#include "sensord/store/compiled_selector.h"

namespace tapline {

// A condition every row fulfils whose record the filter takes.
SqlFilter FilterSql(const filter::Bound& bound);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_FILTER_SQL_H_
