// The entry point of every test program; lam_test() adds this file to each of them.
#define BOOST_TEST_MODULE lambdarium
#include <boost/test/unit_test.hpp>
