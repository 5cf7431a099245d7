/**
 * @file Imported before any schema is made. By default zod tries `new Function` for speed, which the content security
 * policy refuses and reports; without it, it reads the schema as data.
 */
import { z } from 'zod';

z.config({ jitless: true });
